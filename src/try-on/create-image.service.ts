import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { Asking } from '../generations/asking.js';
import { assertDelivered } from '../generations/assert-delivered.js';
import { CreateGenerationService } from '../generations/create-generation.service.js';
import { toFingerprint } from '../generations/domain/fingerprint.js';
import { isConcluded } from '../generations/domain/generation.js';
import type {
  GenerationRequest,
  ReferenceImage,
} from '../generations/domain/generation-request.js';
import { toRepetition } from '../generations/domain/idempotency.js';
import { TRY_ON_PROMPT } from '../generations/domain/try-on.js';
import { GenerationLinks } from '../generations/generation-links.js';
import { QuoteGenerationService } from '../generations/quote-generation.service.js';
import { toConsentStatement } from '../generations/try-on-consent.dto.js';
import { findExcess, JSON_BOUNDS } from '../http/json-body.js';
import { contextOf } from '../http/request-context.js';
import { createValidationPipe } from '../http/validation.pipe.js';
import { FACADE_ROUTE } from './consent-requirement.js';
import { CreateTryOnDto, type TryOnResponse } from './create-image.dto.js';
import { type Admitted, FacadeDoor } from './facade-door.js';
import { type FacadeForm, FacadeForms } from './facade-forms.js';

type Fields = Readonly<Record<string, unknown>>;

const FORM_FORM = /^multipart\/form-data\b/i;
const CONSENT_CHARS_MAX = 4_096;
/** Times are told in tenths of a millisecond. */
const MS_PARTS = 10;

interface FacadeCall {
  request: FastifyRequest;
  reply: FastifyReply;
  asking: Asking;
}

/** Try-ons as a shop asks for them: authenticate, credit, make, store; what is used is told by the outbox. */
@Injectable()
export class CreateImageService {
  private readonly pipe = createValidationPipe();

  constructor(
    private readonly config: AppConfig,
    private readonly door: FacadeDoor,
    private readonly forms: FacadeForms,
    private readonly quotes: QuoteGenerationService,
    private readonly generations: CreateGenerationService,
    private readonly links: GenerationLinks,
  ) {}

  /** @throws DomainError in the words of the house */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<TryOnResponse> {
    const isForm = FORM_FORM.test(request.headers['content-type'] ?? '');
    return isForm ? this.answerForm(request, reply) : this.answerJson(request, reply);
  }

  private async answerJson(request: FastifyRequest, reply: FastifyReply): Promise<TryOnResponse> {
    const given = toObject(request.body);
    const admitted = await this.enter(request, reply, given);
    const body = await this.check(given);
    const { spaceId } = admitted;
    const { api_key: _credential, ...told } = body;
    const fingerprint = toFingerprint({ ...told, search_space_id: spaceId });
    return this.make(toRequest(body, spaceId, null), {
      request,
      reply,
      asking: toAsking(admitted, request, fingerprint),
    });
  }

  private async answerForm(request: FastifyRequest, reply: FastifyReply): Promise<TryOnResponse> {
    const seen: { admitted?: Admitted } = {};
    const form = await this.forms.read(request.raw, async (fields) => {
      seen.admitted = await this.enter(request, reply, fields);
      await this.assertCredit(request, seen.admitted, fields);
    });
    try {
      const { admitted } = seen;
      assert(admitted, 'a form was read of somebody unknown');
      const { spaceId } = admitted;
      const body = await this.check(toFormBody(form.fields));
      const fingerprint = toFingerprint({ parts: form.parts, search_space_id: spaceId });
      return await this.make(toRequest(body, spaceId, form), {
        request,
        reply,
        asking: toAsking(admitted, request, fingerprint),
      });
    } catch (error) {
      await this.forms.discard([form.person, form.garment].filter((one) => one !== null));
      throw error;
    }
  }

  /** Before the files; whether a request with a key of its own is a repeat, only its files tell. */
  private async assertCredit(
    request: FastifyRequest,
    admitted: Admitted,
    fields: Fields,
  ): Promise<void> {
    const asking = toAsking(admitted, request, '');
    if (asking.repetition.key !== null) return;
    await this.quotes.assertAffordable(toSketch(fields, admitted.spaceId), asking);
  }

  private enter(request: FastifyRequest, reply: FastifyReply, given: Fields): Promise<Admitted> {
    return this.door.enter(
      {
        context: contextOf(request),
        headers: request.headers,
        url: request.url,
        tell: (headers) => void reply.headers(headers),
      },
      { userId: toId(given.user_id), apiKey: toKey(given.api_key) },
    );
  }

  private async make(
    wanted: GenerationRequest,
    { request, reply, asking }: FacadeCall,
  ): Promise<TryOnResponse> {
    const { phases, startedAtMs } = contextOf(request);
    const { syncWaitS, deadlineS } = this.config.generations;
    await this.quotes.assertAffordable(wanted, asking);
    const preference = { waitS: Math.max(syncWaitS, deadlineS), applied: null };
    const { view, isReplay } = await this.generations.create(wanted, asking, {
      preference,
      phases,
    });
    const { generation, images } = view;
    if (!isConcluded(generation.status)) throw notReady();
    assertDelivered(view, { id: generation.id });
    const [picture] = images;
    if (!picture) throw DomainError.notFound('picture');
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    return {
      status: 'success',
      image_url: this.links.toUrl(generation, picture),
      latency_ms: Math.round((performance.now() - startedAtMs) * MS_PARTS) / MS_PARTS,
    };
  }

  private check(plain: unknown): Promise<CreateTryOnDto> {
    const about = { type: 'body', metatype: CreateTryOnDto } as const;
    return this.pipe.transform(plain, about) as Promise<CreateTryOnDto>;
  }
}

function toAsking({ caller }: Admitted, { headers }: FastifyRequest, fingerprint: string): Asking {
  const repetition = toRepetition(headers);
  return { caller, route: FACADE_ROUTE, fingerprint, repetition, isRepeatable: false };
}

function toRequest(
  body: CreateTryOnDto,
  searchSpaceId: string,
  form: FacadeForm | null,
): GenerationRequest {
  const person = toPicture(form?.person ?? null, body.user_image_url, 'user_image');
  const garment = toPicture(form?.garment ?? null, body.catalog_image_url, 'catalog_image');
  const { garment_category: garmentCategory } = body;
  return {
    ...(form && { id: form.id }),
    ...toBasics(searchSpaceId),
    prompt: body.prompt ?? TRY_ON_PROMPT,
    model: body.model ?? null,
    referenceImages: [
      { ...person, role: 'person' },
      { ...garment, role: 'garment', ...(garmentCategory && { garmentCategory }) },
    ],
    ...(body.consent && { consent: toConsentStatement(body.consent) }),
    metadata: { user_id: body.user_id, catalog_id: body.catalog_id },
  };
}

/** What is known of a form's request before its files came: enough to see whether money would let it. */
function toSketch(fields: Fields, searchSpaceId: string): GenerationRequest {
  const { model } = fields;
  return {
    ...toBasics(searchSpaceId),
    prompt: TRY_ON_PROMPT,
    model: typeof model === 'string' && model !== '' ? model : null,
    referenceImages: [{ role: 'person' }, { role: 'garment' }],
    metadata: null,
  };
}

function toBasics(searchSpaceId: string) {
  return {
    searchSpaceId,
    operation: 'try_on' as const,
    n: 1,
    size: null,
    widthPx: null,
    heightPx: null,
    quality: null,
    mask: null,
    providerOptions: {},
  };
}

/** A file wins over an address. */
function toPicture(
  staged: ReferenceImage['staged'] | null,
  url: string | undefined,
  field: string,
): ReferenceImage {
  if (staged) return { staged };
  if (url) return { url };
  throw DomainError.invalid(field, `is missing: send it as a file, or its address as ${field}_url`);
}

/** The one field of a form that is no text. */
function toFormBody(fields: Readonly<Record<string, string>>): Fields {
  const { consent, ...others } = fields;
  if (consent === undefined || consent === '') return others;
  if (consent.length > CONSENT_CHARS_MAX) throw DomainError.invalid('consent', 'is too long');
  const excess = findExcess(consent, JSON_BOUNDS);
  if (excess !== null) throw DomainError.invalid('consent', excess);
  try {
    return { ...others, consent: JSON.parse(consent) as unknown };
  } catch (cause) {
    throw new DomainError('request.invalid', 'consent must be an object, as JSON', { cause });
  }
}

function toObject(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw new DomainError('request.invalid', 'The body must be a JSON object, or a multipart form.');
}

function toId(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : null;
}

function toKey(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function notReady(): DomainError {
  return new DomainError(
    'service.unavailable',
    'The picture is not ready yet. Send the request again with the same Idempotency-Key.',
    { retryAfterS: 2 },
  );
}
