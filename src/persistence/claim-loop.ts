import { Logger } from '@nestjs/common';
import { Wakeup } from './wakeup.js';

export interface ClaimLoopOptions<T> {
  /** For the log. */
  name: string;
  pollEveryMs: number;
  /** Items under way at once. */
  concurrencyMax: number;
  /** Takes at most `limit` items for this process alone. A throw is logged and tried again. */
  claim(limit: number): Promise<T[]>;
  /** Handles one. A throw is logged; the claim runs out by itself and the item comes again. */
  work(item: T): Promise<void>;
  /** Whether the end of any item may make room for one that was held back, not only when all places were taken. */
  isHeldBack?: boolean;
}

/** Claims what is due and works on it, as much at once as there is room for, until it is stopped. */
export class ClaimLoop<T> {
  private readonly logger: Logger;
  private readonly wakeup = new Wakeup();
  private readonly underWay = new Set<Promise<void>>();
  private isStopped = false;
  private running: Promise<void> | null = null;

  constructor(private readonly options: ClaimLoopOptions<T>) {
    this.logger = new Logger(options.name);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Cheap and never throws. */
  wake(): void {
    this.wakeup.wake();
  }

  /** Takes nothing more and waits for what is under way; after `graceMs` it is given up by `giveUp`, which must end it. */
  async stop(graceMs: number, giveUp: () => void): Promise<void> {
    this.isStopped = true;
    this.wakeup.wake();
    const timer = setTimeout(giveUp, graceMs);
    await this.running;
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const claimed = await this.claim();
      for (const item of claimed) this.begin(item);
      if (claimed.length > 0 && this.hasRoom()) continue;
      // With room: until something comes. Without: until an item ends, which wakes as well.
      await this.wakeup.wait(this.options.pollEveryMs);
    }
    await Promise.all(this.underWay);
  }

  private hasRoom(): boolean {
    return this.underWay.size < this.options.concurrencyMax;
  }

  private async claim(): Promise<T[]> {
    if (!this.hasRoom()) return [];
    try {
      return await this.options.claim(this.options.concurrencyMax - this.underWay.size);
    } catch (error) {
      this.logger.warn(`nothing could be claimed: ${(error as Error).message}`);
      return [];
    }
  }

  private begin(item: T): void {
    const work = this.options
      .work(item)
      .catch((error: Error) => this.logger.warn(`left for later: ${error.message}`))
      .finally(() => {
        const wasFull = !this.hasRoom();
        this.underWay.delete(work);
        if (wasFull || this.options.isHeldBack) this.wakeup.wake();
      });
    this.underWay.add(work);
  }
}
