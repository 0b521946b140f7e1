import { errors } from 'undici';
import { DomainError } from '../common/domain-error.js';
import { type FetchFault, fetchFailed } from './outbound.errors.js';

/** One clock over a whole fetch, from the first DNS question to the last byte of the body. */
export class FetchDeadline {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.controller.abort(this.outer?.reason);

  constructor(
    timeoutMs: number,
    private readonly outer?: AbortSignal,
  ) {
    this.timer = setTimeout(() => this.controller.abort(fetchFailed('timeout')), timeoutMs);
    if (outer?.aborted) this.onAbort();
    outer?.addEventListener('abort', this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Lets go of the timer and of the caller's signal. May be repeated. */
  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.onAbort);
  }

  /** Passes a body on, with its errors explained; however the reading ends, nothing stays open. */
  async *guardBody(
    bytes: AsyncIterable<Uint8Array>,
    discard: () => void,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      throw this.explain(error, 'cut_off');
    } finally {
      discard();
    }
  }

  /** What the caller is told: a reason to abort as it is, anything of the network in our own words. */
  explain(error: unknown, otherwise: FetchFault): unknown {
    if (this.signal.aborted) return this.signal.reason;
    if (error instanceof DomainError) return error;
    return fetchFailed(isTimeout(error) ? 'timeout' : otherwise, error);
  }
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}
