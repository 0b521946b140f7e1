import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { StopGrace } from '../config/stop-grace.js';

const MS_PER_S = 1_000;
/** Of the grace of a stop so much is left for calls that are ended to be told of and paid for. */
const CLOSING_MS = 8_000;

interface OpenCall {
  abort: AbortController;
  done: Promise<unknown>;
}

/** The calls under way: each ends at its deadline, when nobody waits for it any more, or with the process. */
@Injectable()
export class CallDeadlines implements BeforeApplicationShutdown {
  private readonly logger = new Logger(CallDeadlines.name);
  private readonly deadlineMs: number;
  private readonly open = new Set<OpenCall>();

  constructor(
    config: AppConfig,
    private readonly grace: StopGrace,
  ) {
    this.deadlineMs = config.inference.deadlineS * MS_PER_S;
  }

  /**
   * Does the work, its conclusion included, under a signal that fires at the deadline (a `TimeoutError`), with the
   * caller's, or shortly before the process ends.
   * One timer and one listener: what AbortSignal.any and .timeout cost is felt at thousands of calls a second.
   */
  async run<T>(caller: AbortSignal, work: (abort: AbortController) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const leave = () => abort.abort(caller.reason);
    const timer = setTimeout(() => abort.abort(toTimeout()), this.deadlineMs);
    if (caller.aborted) leave();
    else caller.addEventListener('abort', leave, { once: true });
    const done = work(abort);
    const call = { abort, done };
    this.open.add(call);
    try {
      return await done;
    } finally {
      this.open.delete(call);
      clearTimeout(timer);
      caller.removeEventListener('abort', leave);
    }
  }

  /** What still runs when the grace is nearly over is ended, so that it is posted and its client told. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.settle(this.grace.leftMs() - CLOSING_MS);
    if (this.open.size === 0) return;
    this.logger.warn(`${this.open.size} calls for text are ended by the stop`);
    for (const { abort } of this.open) abort.abort(new Error('the process is stopping'));
    await this.settle(CLOSING_MS);
    if (this.open.size > 0) this.logger.error(`${this.open.size} calls are left to their holds`);
  }

  private async settle(withinMs: number): Promise<void> {
    if (this.open.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, withinMs));
    });
    const all = Promise.allSettled([...this.open].map(({ done }) => done));
    await Promise.race([all, tooLate]);
    clearTimeout(timer);
  }
}

/** In the name by which a passed deadline is known. */
function toTimeout(): DOMException {
  return new DOMException('The call took too long.', 'TimeoutError');
}
