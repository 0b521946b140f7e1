import { Injectable, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { toFingerprint } from '../generations/domain/fingerprint.js';
import type { RequestContext } from '../http/request-context.js';
import { createValidationPipe } from '../http/validation.pipe.js';
import type { CreateImageDto } from './create-image.dto.js';
import { EditImageDto, EditImageFormDto } from './edit-image.dto.js';
import { type AskedImages, ImageAnswers, type RequestHeaders } from './image-answers.js';
import { EDIT_FORM, type ImageForm, ImageForms, VARIATION_FORM } from './image-forms.js';
import { renameFields, toFormField, toJsonEditField } from './rename-fields.js';
import {
  toEditRequest,
  toFormEditRequest,
  toGenerationRequest,
  toResponseFormat,
  toVariationRequest,
} from './to-generation-request.js';
import { VaryImageDto } from './vary-image.dto.js';

export interface OpenaiImagesRequest {
  context: RequestContext;
  headers: RequestHeaders;
  reply: FastifyReply;
}

const GENERATIONS = 'POST /v1/images/generations';
const EDITS = 'POST /v1/images/edits';
const VARIATIONS = 'POST /v1/images/variations';
const FORM_FORM = /^multipart\/form-data\b/i;

/** OpenAI's image routes over the same generations as the native one. */
@Injectable()
export class OpenaiImagesService {
  private readonly pipe = createValidationPipe();

  constructor(
    private readonly answers: ImageAnswers,
    private readonly forms: ImageForms,
  ) {}

  async generate(asked: OpenaiImagesRequest, body: CreateImageDto): Promise<void> {
    const spaceId = spaceOf(asked.context);
    await this.answers.send({
      ...asked,
      route: GENERATIONS,
      request: toGenerationRequest(body, spaceId),
      fingerprint: toFingerprint({ ...body, search_space_id: spaceId }),
      responseFormat: toResponseFormat(body),
      stream: body.stream ? 'image_generation' : null,
    });
  }

  /** By JSON or by form. */
  async edit(asked: OpenaiImagesRequest, request: FastifyRequest): Promise<void> {
    if (isForm(request)) return this.editForm(asked, request);
    const spaceId = spaceOf(asked.context);
    const body = await this.check(EditImageDto, request.body);
    const wanted = {
      ...asked,
      route: EDITS,
      request: toEditRequest(body, spaceId),
      fingerprint: toFingerprint({ ...body, search_space_id: spaceId }),
      responseFormat: toResponseFormat(body),
      stream: body.stream ? ('image_edit' as const) : null,
    };
    await this.answers.send(wanted).catch((error: unknown) => {
      throw renameFields(error, toJsonEditField);
    });
  }

  async vary(asked: OpenaiImagesRequest, request: FastifyRequest): Promise<void> {
    if (!isForm(request)) {
      throw new DomainError(
        'request.media_type_unsupported',
        'Send Content-Type: multipart/form-data.',
      );
    }
    const spaceId = spaceOf(asked.context);
    const form = await this.forms.read(request.raw, VARIATION_FORM);
    await this.sendForm(form, async () => {
      const body = await this.check(VaryImageDto, form.fields);
      return {
        ...asked,
        route: VARIATIONS,
        request: toVariationRequest(body, form, spaceId),
        fingerprint: toFormFingerprint(form, spaceId),
        responseFormat: toResponseFormat(body),
        stream: null,
      };
    });
  }

  private async editForm(asked: OpenaiImagesRequest, request: FastifyRequest): Promise<void> {
    const spaceId = spaceOf(asked.context);
    const form = await this.forms.read(request.raw, EDIT_FORM);
    await this.sendForm(form, async () => {
      const body = await this.check(EditImageFormDto, form.fields);
      return {
        ...asked,
        route: EDITS,
        request: toFormEditRequest(body, form, spaceId),
        fingerprint: toFormFingerprint(form, spaceId),
        responseFormat: toResponseFormat(body),
        stream: body.stream ? 'image_edit' : null,
      };
    });
  }

  /** What was stored of a form that is refused after all goes again. */
  private async sendForm(form: ImageForm, toAsked: () => Promise<AskedImages>): Promise<void> {
    try {
      await this.answers.send(await toAsked());
    } catch (error) {
      await this.forms.discard(form);
      throw renameFields(error, toFormField);
    }
  }

  /** @throws DomainError `request.invalid` naming every field at fault */
  private check<T>(type: Type<T>, plain: unknown): Promise<T> {
    return this.pipe.transform(plain, { type: 'body', metatype: type }) as Promise<T>;
  }
}

function spaceOf({ spaceId }: RequestContext): string {
  assert(spaceId, 'pictures were asked for without a space');
  return spaceId;
}

function isForm({ headers }: FastifyRequest): boolean {
  return FORM_FORM.test(headers['content-type'] ?? '');
}

/** The same for the same parts, however they were cut into a form. */
function toFormFingerprint({ parts }: ImageForm, searchSpaceId: string): string {
  return toFingerprint({ parts, search_space_id: searchSpaceId });
}
