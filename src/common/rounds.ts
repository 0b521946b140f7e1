/** A round each second would fill the log while the database is away. */
const TELL_EVERY_MS = 60_000;

/** Work that a timer repeats, one round of each kind at a time. Nothing is begun after the stop. */
export class Rounds {
  private readonly stopping = new AbortController();
  private readonly kinds: Round[] = [];

  /** @param warn is told what failed, of each kind once a minute; the next round tries again */
  constructor(private readonly warn: (message: string) => void) {}

  /** Aborted by the stop: a long round looks at it between two steps. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** @param failure stands in the log before the cause when a round throws */
  of(failure: string, work: () => Promise<unknown>): Round {
    const kind = new Round(this.signal, work, (error) => this.warn(`${failure}: ${String(error)}`));
    this.kinds.push(kind);
    return kind;
  }

  /** Ends the timers, tells the rounds under way and waits for them. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.kinds.map((kind) => kind.end()));
  }
}

/** One kind of round. */
export class Round {
  private timer: NodeJS.Timeout | null = null;
  private underWay: Promise<void> | null = null;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stopping: AbortSignal,
    private readonly work: () => Promise<unknown>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** The first round comes after that time. The timer keeps no process alive. */
  every(everyMs: number): void {
    this.timer ??= setInterval(() => void this.begin(), everyMs).unref();
  }

  /** Joins the round that is under way. Never throws. */
  begin(): Promise<void> {
    if (!this.stopping.aborted) {
      this.underWay ??= this.run().finally(() => {
        this.underWay = null;
      });
    }
    return this.underWay ?? Promise.resolve();
  }

  /** A whole round, begun after that which is under way. Never throws. */
  async again(): Promise<void> {
    while (this.underWay) await this.underWay;
    await this.begin();
  }

  async end(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.underWay;
  }

  private async run(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.tell(error);
    }
  }

  private tell(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.toldAtMs < TELL_EVERY_MS) return;
    this.toldAtMs = nowMs;
    this.onFailure(error);
  }
}
