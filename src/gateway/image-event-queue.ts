import type { PartialImage } from '../providers/spec/image-call.js';
import type { Generation } from '../generations/domain/generation.js';
import type { Creation } from '../generations/create-generation.service.js';

/** A draft with the generation as it runs, or how it all ended. */
export type ImageNews =
  | { kind: 'partial'; partial: PartialImage; generation: Generation }
  | { kind: 'created'; creation: Creation }
  | { kind: 'failed'; error: unknown };

/**
 * What is to be told of one generation. A draft that was not sent when the next one came is left out: a client that reads
 * slowly gets fewer of them, and holds up nobody.
 */
export class ImageEventQueue {
  /** Whether the request is paid for: before that nothing may be answered. */
  isAdmitted = false;
  /** As it was admitted; null = not yet, or another request's. */
  generation: Generation | null = null;
  private draft: ImageNews | null = null;
  private end: ImageNews | null = null;
  private wake: () => void = () => undefined;

  pushPartial(partial: PartialImage, generation: Generation): void {
    this.draft = { kind: 'partial', partial, generation };
    this.wake();
  }

  finish(end: ImageNews): void {
    this.end = end;
    this.wake();
  }

  /** What came next; null = nothing within the time. */
  async next(waitMs: number): Promise<ImageNews | null> {
    if (!this.draft && !this.end) await this.wait(waitMs);
    const { draft } = this;
    this.draft = null;
    return draft ?? this.end;
  }

  private wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
