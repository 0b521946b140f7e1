import type { GenerationStatus } from '../domain/generation.js';

export interface QueueNews {
  position: number;
  aheadInSpace: number;
  estimatedStartS: number | null;
}

export interface ProgressNews {
  step: string;
  fraction: number | null;
}

export interface PreviewNews {
  mediaType: string;
  base64: string;
}

/** What a reader is told next. `ended`: nothing follows; null status = the generation is gone. */
export type FeedEvent =
  | { kind: 'status'; status: GenerationStatus }
  | { kind: 'queue'; queue: QueueNews }
  | { kind: 'progress'; progress: ProgressNews }
  | { kind: 'preview'; preview: PreviewNews }
  | { kind: 'ended'; status: GenerationStatus | null }
  /** The service ends the stream; the generation goes on. */
  | { kind: 'closed' };

/** Counts what all previews that wait to be read hold, in characters. */
export interface PreviewBudget {
  take(chars: number): boolean;
  giveBack(chars: number): void;
}

/**
 * What one reader has not read yet: the newest of each kind and no more, so that a slow one holds little and misses only
 * what is out of date. A preview comes after all else, and is let go first.
 */
export class JobFeed {
  private status: GenerationStatus | null = null;
  private queue: QueueNews | null = null;
  private progress: ProgressNews | null = null;
  private preview: PreviewNews | null = null;
  private end: { kind: 'ended'; status: GenerationStatus | null } | { kind: 'closed' } | null =
    null;
  private told: GenerationStatus | null;
  private toldQueue = '';
  private wake: () => void = () => undefined;

  /** @param known the status that the reader has seen already, in an earlier stream */
  constructor(
    private readonly budget: PreviewBudget,
    known: GenerationStatus | null = null,
  ) {
    this.told = known;
  }

  pushStatus(status: GenerationStatus): void {
    if (status === (this.status ?? this.told)) return;
    this.status = status;
    if (status !== 'queued') this.queue = null;
    this.wake();
  }

  pushQueue(queue: QueueNews): void {
    const text = JSON.stringify(queue);
    if (text === this.toldQueue) return;
    this.toldQueue = text;
    this.queue = queue;
    this.wake();
  }

  pushProgress(progress: ProgressNews): void {
    this.progress = progress;
    this.wake();
  }

  pushPreview(preview: PreviewNews): void {
    this.dropPreview();
    if (this.end || !this.budget.take(preview.base64.length)) return;
    this.preview = preview;
    this.wake();
  }

  /** What is under way to its reader is told still; what is out of date by this is not. */
  finish(status: GenerationStatus | null): void {
    if (status) this.pushStatus(status);
    this.close({ kind: 'ended', status });
  }

  close(end: NonNullable<typeof this.end> = { kind: 'closed' }): void {
    this.end ??= end;
    this.queue = null;
    this.progress = null;
    this.dropPreview();
    this.wake();
  }

  /** What comes next; null = nothing within the time. One at a time. */
  async next(waitMs: number): Promise<FeedEvent | null> {
    const ready = this.shift();
    if (ready) return ready;
    await this.wait(waitMs);
    return this.shift();
  }

  private shift(): FeedEvent | null {
    const { status, queue, progress, preview } = this;
    if (status) {
      this.status = null;
      this.told = status;
      return { kind: 'status', status };
    }
    if (this.end) return this.end;
    if (queue) {
      this.queue = null;
      return { kind: 'queue', queue };
    }
    if (progress) {
      this.progress = null;
      return { kind: 'progress', progress };
    }
    if (!preview) return null;
    this.dropPreview();
    return { kind: 'preview', preview };
  }

  private dropPreview(): void {
    if (!this.preview) return;
    this.budget.giveBack(this.preview.base64.length);
    this.preview = null;
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
