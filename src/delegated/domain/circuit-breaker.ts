export interface CircuitBreakerOptions {
  /** Faults one after the other that open it. */
  faultsMax: number;
  /** How long it lets nothing through. */
  openMs: number;
  nowMs: () => number;
  /** Whether what the work threw is the other side's fault; anything else tells nothing about it. */
  isFault: (error: unknown) => boolean;
}

/** Nothing was sent: the other side failed too often a moment ago, or is just being tried. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';

  constructor(readonly retryInMs: number) {
    super('the circuit breaker is open');
  }
}

/** While a probe is under way. */
const PROBE_RETRY_MS = 1_000;

/**
 * Spares a service that is down, and those who would wait for it. After `openMs` exactly one call goes through as a
 * probe: its success closes the breaker, its fault opens it again.
 */
export class CircuitBreaker {
  private faults = 0;
  private openUntilMs: number | null = null;
  private isProbing = false;
  /** Grows with each change of state: a call that began before it says nothing about now. */
  private turn = 0;

  constructor(private readonly options: CircuitBreakerOptions) {}

  /** @throws BreakerOpenError without having begun the work; else whatever the work throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.enter();
    try {
      const result = await work();
      this.succeed(turn);
      return result;
    } catch (error) {
      this.fail(turn, this.options.isFault(error));
      throw error;
    }
  }

  private enter(): number {
    if (this.openUntilMs === null) return this.turn;
    const leftMs = this.openUntilMs - this.options.nowMs();
    if (leftMs > 0) throw new BreakerOpenError(leftMs);
    if (this.isProbing) throw new BreakerOpenError(PROBE_RETRY_MS);
    this.isProbing = true;
    this.turn += 1;
    return this.turn;
  }

  private succeed(turn: number): void {
    if (turn !== this.turn) return;
    this.faults = 0;
    if (!this.isProbing) return;
    this.isProbing = false;
    this.openUntilMs = null;
    this.turn += 1;
  }

  private fail(turn: number, isFault: boolean): void {
    if (turn !== this.turn) return;
    const wasProbe = this.isProbing;
    this.isProbing = false;
    if (!isFault) return;
    this.faults += 1;
    if (!wasProbe && this.faults < this.options.faultsMax) return;
    this.openUntilMs = this.options.nowMs() + this.options.openMs;
    this.faults = 0;
    this.turn += 1;
  }
}
