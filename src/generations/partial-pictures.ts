import { Injectable, Logger } from '@nestjs/common';
import { MarkPicturesService } from '../media/provenance/mark-pictures.service.js';
import type { ImageCall, PartialImage } from '../providers/spec/image-call.js';
import type { Generation } from './domain/generation.js';
import { toOrigin } from './to-origin.js';

/** @param generation as it runs on the candidate that made the draft */
export type PartialListener = (partial: PartialImage, generation: Generation) => void;

/** Who looks at the pictures of this process's runs while they are made. Nothing is kept: a draft that nobody awaits is gone. */
@Injectable()
export class PartialPictures {
  private readonly logger = new Logger(PartialPictures.name);
  private readonly listeners = new Map<string, PartialListener>();

  constructor(private readonly marks: MarkPicturesService) {}

  /** One looks at a time. */
  listen(generationId: string, listener: PartialListener): void {
    this.listeners.set(generationId, listener);
  }

  forget(generationId: string): void {
    this.listeners.delete(generationId);
  }

  /** For the call of a generation; undefined = nobody looks, and the vendor need not be asked for drafts. */
  findListener(generation: Generation): ImageCall['onPartial'] {
    if (!this.listeners.has(generation.id)) return undefined;
    // One after the other: what the space wants of drafts is asked for once, before the vendor has made any.
    let told: Promise<unknown> = this.marks.prepare(toOrigin(generation));
    return (partial) => {
      told = told
        .then(() => this.tell(generation, partial))
        .catch((error: unknown) => {
          this.logger.warn(`a draft was not shown: ${String(error)}`);
        });
    };
  }

  private async tell(generation: Generation, partial: PartialImage): Promise<void> {
    const bytes = await this.marks.markRelayed(toOrigin(generation), partial.bytes);
    if (bytes) this.listeners.get(generation.id)?.({ ...partial, bytes }, generation);
  }
}
