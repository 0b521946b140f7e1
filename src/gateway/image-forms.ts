import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { atField } from '../generations/at-field.js';
import type { StagedImage } from '../generations/domain/generation-request.js';
import { type FormField, type FormFile, readForm } from '../http/read-form.js';
import { MediaService } from '../media/media.service.js';
import { EDITED_IMAGES_MAX } from './edit-image.dto.js';

/** The pictures of a form, in the store under the id of the generation to be. */
export interface ImageFormPictures {
  id: string;
  /** At least one, in their order. */
  images: StagedImage[];
  mask: StagedImage | null;
}

export interface ImageForm extends ImageFormPictures {
  /** As the JSON form has them: numbers and yes or no are no texts any more. */
  fields: Record<string, unknown>;
  /** Name, place among those of the name and SHA-256 of the content of every part, sorted: the same for the same form. */
  parts: readonly (readonly [name: string, ordinal: number, sha256: string])[];
}

/** Which files a form may have. */
export interface ImageFormRules {
  imagesMax: number;
  hasMask: boolean;
}

export const EDIT_FORM: ImageFormRules = { imagesMax: EDITED_IMAGES_MAX, hasMask: true };
export const VARIATION_FORM: ImageFormRules = { imagesMax: 1, hasMask: false };

/** `image`, `image[]`, `image[0]`. */
const IMAGE_NAME = /^image(?:\[(\d{0,3})\])?$/;
const WHOLE_NUMBERS = ['n', 'output_compression', 'partial_images', 'step', 'mode'];
const NUMBERS = ['true_cfg_scale'];
const SWITCHES = ['stream'];
const WHOLE_FORM = /^-?\d{1,9}$/;
const NUMBER_FORM = /^-?\d{1,9}(?:\.\d{1,9})?$/;

/** Reads the forms of OpenAI's clients: pictures go into the store as they come, and never stand in memory. */
@Injectable()
export class ImageForms {
  private readonly logger = new Logger(ImageForms.name);

  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
  ) {}

  /**
   * Reads a form to its end; nothing stays of one that is refused.
   * @throws DomainError naming the field; `request.too_large`, `media.too_large` beyond the limits
   */
  async read(request: IncomingMessage, rules: ImageFormRules): Promise<ImageForm> {
    const { fileLimitBytes, formLimitBytes, formPartsMax } = this.config.http;
    const limits = {
      fileBytes: fileLimitBytes,
      formBytes: formLimitBytes,
      partsMax: formPartsMax,
    };
    const intake = new FormIntake(newId(), rules);
    try {
      const fields = await readForm(request, limits, (file) => this.take(intake, file));
      return intake.end(fields);
    } catch (error) {
      await this.discard(intake.pictures);
      throw error;
    }
  }

  /** Drops pictures of a form that was not admitted. May be repeated; never throws. */
  async discard({ images, mask }: Pick<ImageFormPictures, 'images' | 'mask'>): Promise<void> {
    try {
      await this.media.discard(mask ? [...images, mask] : images);
    } catch (error) {
      // The sweep of incoming pictures removes them later.
      this.logger.warn(`pictures of a refused form were left behind: ${String(error)}`);
    }
  }

  private async take(intake: FormIntake, { name, bytes }: FormFile): Promise<void> {
    const target = intake.place(name);
    try {
      const staged = await this.media.stage(target, bytes);
      intake.add(name, { ...staged, target });
    } catch (error) {
      throw atField(error, name);
    }
  }
}

/** What has come of one form. */
class FormIntake {
  readonly pictures: ImageFormPictures;
  private readonly parts: (readonly [string, number, string])[] = [];
  private readonly counts = new Map<string, number>();
  private readonly taken = new Set<number>();

  constructor(
    id: string,
    private readonly rules: ImageFormRules,
  ) {
    this.pictures = { id, images: [], mask: null };
  }

  /** Where a file belongs. @throws DomainError `request.invalid` */
  place(name: string): StagedImage['target'] {
    const { id, mask } = this.pictures;
    const target = { generationId: id, attemptId: null };
    if (name === 'mask' && this.rules.hasMask) {
      if (mask) throw DomainError.invalid('mask', 'is given twice: send one');
      return { ...target, role: 'mask', index: 0 };
    }
    const found = IMAGE_NAME.exec(name);
    if (!found) throw DomainError.invalid(name, 'is not a file of this form');
    const index = found[1] ? Number(found[1]) : this.findFree();
    const { imagesMax } = this.rules;
    if (this.taken.size >= imagesMax || index >= imagesMax) {
      throw DomainError.invalid(
        'image',
        `must be at most ${imagesMax} ${imagesMax === 1 ? 'picture' : 'pictures'}`,
      );
    }
    if (this.taken.has(index)) throw DomainError.invalid(name, 'is given twice: send it once');
    this.taken.add(index);
    return { ...target, role: 'input', index };
  }

  add(name: string, staged: StagedImage): void {
    if (staged.target.role === 'mask') this.pictures.mask = staged;
    else this.pictures.images.push(staged);
    this.note(name, staged.sha256);
  }

  /** @throws DomainError `request.invalid` for what is missing, twice there, or no text */
  end(fields: readonly FormField[]): ImageForm {
    const read: Record<string, unknown> = {};
    for (const { name, value } of fields) {
      if (IMAGE_NAME.test(name) || (name === 'mask' && this.rules.hasMask)) {
        throw DomainError.invalid(name, 'must be a file, with a file name');
      }
      if (name in Object.prototype) throw DomainError.invalid(name, 'is not a field of this form');
      if (name in read) throw DomainError.invalid(name, 'is given twice: send it once');
      read[name] = toValue(name, value);
      this.note(name, createHash('sha256').update(value).digest('hex'));
    }
    if (this.pictures.images.length === 0) {
      throw DomainError.invalid('image', 'is missing: send at least one file');
    }
    this.pictures.images.sort((left, right) => left.target.index - right.target.index);
    this.parts.sort(([left, leftAt], [right, rightAt]) =>
      left === right ? leftAt - rightAt : left < right ? -1 : 1,
    );
    return { ...this.pictures, fields: read, parts: this.parts };
  }

  private note(name: string, sha256: string): void {
    const ordinal = this.counts.get(name) ?? 0;
    this.counts.set(name, ordinal + 1);
    this.parts.push([name, ordinal, sha256]);
  }

  private findFree(): number {
    let index = 0;
    while (this.taken.has(index)) index += 1;
    return index;
  }
}

/** What does not look like what it should be stays a text, and is refused as such. An empty text is an unset field. */
function toValue(name: string, value: string): unknown {
  if (WHOLE_NUMBERS.includes(name)) {
    if (value === '') return null;
    return WHOLE_FORM.test(value) ? Number(value) : value;
  }
  if (NUMBERS.includes(name)) return NUMBER_FORM.test(value) ? Number(value) : value;
  if (!SWITCHES.includes(name)) return value;
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
