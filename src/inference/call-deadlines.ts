import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

const MS_PER_S = 1_000;

/** Ends a call that goes on for too long, or that nobody waits for any more. */
@Injectable()
export class CallDeadlines {
  private readonly deadlineMs: number;

  constructor(config: AppConfig) {
    this.deadlineMs = config.inference.deadlineS * MS_PER_S;
  }

  /**
   * Does the work under a signal that fires at the deadline (a `TimeoutError`), with the caller's, or when told to.
   * One timer and one listener: what AbortSignal.any and .timeout cost is felt at thousands of calls a second.
   */
  async run<T>(caller: AbortSignal, work: (abort: AbortController) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const leave = () => abort.abort(caller.reason);
    const timer = setTimeout(() => abort.abort(toTimeout()), this.deadlineMs);
    if (caller.aborted) leave();
    else caller.addEventListener('abort', leave, { once: true });
    try {
      return await work(abort);
    } finally {
      clearTimeout(timer);
      caller.removeEventListener('abort', leave);
    }
  }
}

/** In the name by which a passed deadline is known. */
function toTimeout(): DOMException {
  return new DOMException('The call took too long.', 'TimeoutError');
}
