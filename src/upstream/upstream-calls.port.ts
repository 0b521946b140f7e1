import type { Connection } from '../connections/connection.js';

export interface UpstreamTarget {
  /** Of one without `scope` the figures are kept as of one that is not the house's. */
  connection: Pick<Connection, 'id' | 'provider' | 'slotsMax' | 'isPool'> &
    Partial<Pick<Connection, 'scope'>>;
  /** Public name. */
  model: string;
  /** Whether a session holds it to this connection: it then waits longer, among fewer. */
  isSticky: boolean;
}

export interface UpstreamCallOptions {
  /** Ends the waiting and the call. */
  signal: AbortSignal;
  /** Whether another connection could serve: then a full or failing one is left at once rather than waited for. */
  hasAlternative: boolean;
  /** Asked before the call is made anew; false = what it began must not be begun again. Absent = may. */
  mayRepeat?(): boolean;
  /** Told before each time the call is made anew on the same connection, 2 or higher. */
  onRepeat?(time: number): void;
}

/** What a call may tell while it goes on. */
export interface CallProgress {
  /** The answer has begun: its time is taken now rather than at the end. Only the first time counts. */
  answerBegan(): void;
}

/**
 * The one way to a vendor: a slot of the connection, the breaker before the call, the same connection again where that
 * is safe, and the outcome told to everybody. Port and injection token.
 */
export abstract class UpstreamCalls {
  /**
   * Makes the call, once unless a repeat on the same connection cannot pay twice. The slot is given back when `call` has
   * really ended, however early `signal` fired: so its promise must not settle before the vendor's work does.
   * @throws DomainError `upstream.unavailable` when the breaker is open or the connection cools down, and
   *   `upstream.busy` when no slot came free: in both nothing was sent. ProviderError `canceled` or `timeout` when
   *   `signal` fired while nothing was under way. Else what `call` threw last.
   */
  abstract run<T>(
    target: UpstreamTarget,
    options: UpstreamCallOptions,
    call: (signal: AbortSignal, progress: CallProgress) => Promise<T>,
  ): Promise<T>;
}
