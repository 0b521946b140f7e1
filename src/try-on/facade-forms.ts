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

/** What is read of a form before its sender is known. */
export const UNKNOWN_BYTES_MAX = 65_536;

/** Place of each file among the pictures of a try-on. */
const PLACES: Readonly<Record<string, number>> = { user_image: 0, catalog_image: 1 };
/** What the fingerprint of a request leaves out: who asks is known otherwise. */
const CREDENTIAL = 'api_key';

export interface FacadeForm {
  /** The id of the generation to be. */
  id: string;
  fields: Record<string, string>;
  person: StagedImage | null;
  garment: StagedImage | null;
  /** Name and SHA-256 of the content of every part but the credential, sorted: the same for the same form. */
  parts: readonly (readonly [name: string, sha256: string])[];
}

/** Reads the façade's forms: nothing of a file before `enter` has let its sender in. */
@Injectable()
export class FacadeForms {
  private readonly logger = new Logger(FacadeForms.name);

  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
  ) {}

  /**
   * Files go into the store as they come; nothing stays of a form that is refused.
   * @param enter told the fields that stood before the first file; its refusal ends the reading
   * @throws DomainError naming the field; `request.too_large`, `media.too_large` beyond the limits
   */
  async read(
    request: IncomingMessage,
    enter: (fields: Record<string, string>) => Promise<void>,
  ): Promise<FacadeForm> {
    const { fileLimitBytes, formLimitBytes, formPartsMax } = this.config.http;
    const limits = { fileBytes: fileLimitBytes, formBytes: formLimitBytes, partsMax: formPartsMax };
    const id = newId();
    const staged = new Map<string, StagedImage>();
    const gate = {
      bytesMax: UNKNOWN_BYTES_MAX,
      open: (fields: readonly FormField[]) => enter(toFields(fields)),
    };
    try {
      const fields = await readForm(request, limits, (file) => this.take(id, staged, file), gate);
      return toForm(id, toFields(fields), staged);
    } catch (error) {
      await this.discard([...staged.values()]);
      throw error;
    }
  }

  /** Drops pictures of a form that was not admitted. May be repeated; never throws. */
  async discard(pictures: readonly StagedImage[]): Promise<void> {
    try {
      await this.media.discard(pictures);
    } catch (error) {
      // The sweep of incoming pictures removes them later.
      this.logger.warn(`pictures of a refused form were left behind: ${String(error)}`);
    }
  }

  private async take(
    generationId: string,
    staged: Map<string, StagedImage>,
    { name, bytes }: FormFile,
  ): Promise<void> {
    const index = Object.hasOwn(PLACES, name) ? PLACES[name] : undefined;
    if (index === undefined) {
      throw DomainError.invalid(name, 'is not a file of this form: user_image, catalog_image');
    }
    if (staged.has(name)) throw DomainError.invalid(name, 'is given twice: send it once');
    const target = { generationId, attemptId: null, role: 'input' as const, index };
    try {
      staged.set(name, { ...(await this.media.stage(target, bytes)), target });
    } catch (error) {
      throw atField(error, name);
    }
  }
}

function toFields(fields: readonly FormField[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const { name, value } of fields) {
    if (Object.hasOwn(PLACES, name)) throw DomainError.invalid(name, 'must be a file');
    if (name in Object.prototype) throw DomainError.invalid(name, 'is not a field of this form');
    if (name in read) throw DomainError.invalid(name, 'is given twice: send it once');
    read[name] = value;
  }
  return read;
}

function toForm(
  id: string,
  fields: Record<string, string>,
  staged: ReadonlyMap<string, StagedImage>,
): FacadeForm {
  const texts = Object.entries(fields)
    .filter(([name]) => name !== CREDENTIAL)
    .map(([name, value]) => [name, createHash('sha256').update(value).digest('hex')] as const);
  const files = [...staged].map(([name, { sha256 }]) => [name, sha256] as const);
  return {
    id,
    fields,
    person: staged.get('user_image') ?? null,
    garment: staged.get('catalog_image') ?? null,
    parts: [...texts, ...files].sort(([left], [right]) => (left < right ? -1 : 1)),
  };
}
