import { Injectable, Logger } from '@nestjs/common';
import type { ImageCall, PartialImage } from '../providers/spec/image-call.js';
import type { Generation } from './domain/generation.js';

/** @param generation as it runs on the candidate that made the draft */
export type PartialListener = (partial: PartialImage, generation: Generation) => void;

/** Who looks at the pictures of this process's runs while they are made. Nothing is kept: a draft that nobody awaits is gone. */
@Injectable()
export class PartialPictures {
  private readonly logger = new Logger(PartialPictures.name);
  private readonly listeners = new Map<string, PartialListener>();

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
    return (partial) => this.tell(generation, partial);
  }

  private tell(generation: Generation, partial: PartialImage): void {
    try {
      this.listeners.get(generation.id)?.(partial, generation);
    } catch (error) {
      this.logger.warn(`a draft was not shown: ${String(error)}`);
    }
  }
}
