import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { TEXT_FORM } from '../../common/text-form.js';
import { AppConfig } from '../../config/app-config.js';
import { CreateGenerationService } from '../../generations/create-generation.service.js';
import { isConcluded } from '../../generations/domain/generation.js';
import type { GenerationRequest } from '../../generations/domain/generation-request.js';
import type { Repetition } from '../../generations/domain/idempotency.js';
import { toRequestedSize } from '../../generations/domain/size.js';
import { GenerationLinks } from '../../generations/generation-links.js';
import type { GenerationView } from '../../generations/generation-view.js';
import type { PhaseTimer } from '../../http/phase-timer.js';
import type { ImageTool } from './image-tool.js';
import type { PictureOutcome, PictureWish } from './picture-call.js';

/** One call of the tool, and by what it is known when its request comes again. */
export interface PictureOrder {
  caller: Caller;
  searchSpaceId: string;
  route: string;
  session: string | null;
  tool: ImageTool;
  wish: PictureWish;
  /** Of the request that the call belongs to. */
  fingerprint: string;
  repetition: Repetition;
  /** Which call of its request: a repeat of the request gets the pictures of the same one, however it is worded. */
  ordinal: number;
  phases: PhaseTimer;
}

const ALT_CHARS_MAX = 200;
/** The request itself was repeated, or nobody waits any more: nothing for a model to hear. */
const NOT_TOLD = /^(?:idempotency\.|internal$|service\.)/;

/** Makes the pictures that a model asks for: the same rules, rows and money as by the routes of pictures. */
@Injectable()
export class MakePicturesService {
  constructor(
    private readonly config: AppConfig,
    private readonly generations: CreateGenerationService,
    private readonly links: GenerationLinks,
  ) {}

  /**
   * Waits for the end. What refuses the pictures, or fails them, is an outcome.
   * @throws DomainError `idempotency.in_progress` while an earlier request makes them, and faults of this service
   */
  async make(order: PictureOrder): Promise<PictureOutcome> {
    try {
      return this.toOutcome(await this.create(order));
    } catch (error) {
      if (!(error instanceof DomainError) || NOT_TOLD.test(error.code)) throw error;
      return toFailure(null, error.code, error.message);
    }
  }

  private async create(order: PictureOrder): Promise<GenerationView> {
    const { caller, route, fingerprint, ordinal, repetition, phases } = order;
    const { syncWaitS, deadlineS } = this.config.generations;
    const { key, isRetry } = repetition;
    const { view } = await this.generations.create(
      toRequest(order),
      {
        caller,
        route,
        fingerprint: toOrdinal(fingerprint, ordinal),
        repetition: { key: key === null ? null : toOrdinal(key, ordinal), isRetry },
        isRepeatable: true,
      },
      { preference: { waitS: Math.max(syncWaitS, deadlineS), applied: null }, phases },
    );
    return view;
  }

  private toOutcome({ generation, images }: GenerationView): PictureOutcome {
    const { id, status, error, prompt } = generation;
    if (error || images.length === 0) {
      const code = error?.code ?? (isConcluded(status) ? 'internal' : 'generations.running');
      return toFailure(id, code, error?.message ?? 'The pictures are not ready yet.');
    }
    const alt = toAlt(prompt);
    return {
      generationId: id,
      images: images.map((image) => ({ url: this.links.toUrl(generation, image), alt })),
      error: null,
    };
  }
}

export function toFailure(
  generationId: string | null,
  code: string,
  message: string,
): PictureOutcome {
  return { generationId, images: [], error: { code, message } };
}

function toRequest({ searchSpaceId, tool, wish, session }: PictureOrder): GenerationRequest {
  const size = toRequestedSize(tool.size ?? undefined);
  return {
    searchSpaceId,
    prompt: wish.prompt,
    model: tool.model,
    // One that cannot be stored is none: it only decides where a request runs best.
    session: session !== null && TEXT_FORM.test(session) ? session : null,
    operation: 'generate',
    n: wish.n,
    size: size.widthPx === null ? null : `${size.widthPx}x${size.heightPx}`,
    ...size,
    quality: tool.quality,
    referenceImages: [],
    mask: null,
    providerOptions: {},
    metadata: null,
  };
}

/** SHA-256 (hex): of a length that keys may have. */
function toOrdinal(name: string, ordinal: number): string {
  return createHash('sha256').update(`${name}:picture:${ordinal}`).digest('hex');
}

function toAlt(prompt: string): string {
  const line = prompt.replaceAll(/\s+/g, ' ').trim();
  return line.length <= ALT_CHARS_MAX ? line : `${line.slice(0, ALT_CHARS_MAX - 1)}…`;
}
