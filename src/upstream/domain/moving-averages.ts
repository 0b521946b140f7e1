/** Weight of the newest value: of what was ten calls ago a tenth is left. */
const ALPHA = 0.2;
/** Of connections and of models on them; the one called longest ago makes room. */
const ENTRIES_MAX = 5_000;

export interface Averages {
  /** 0 to 1. */
  errorRate: number;
  /** Null = none was answered yet. */
  answerMs: number | null;
}

/** How calls fared lately, by name: exponentially weighted, and bounded in memory. */
export class MovingAverages {
  private readonly entries = new Map<string, Averages>();

  constructor(private readonly entriesMax = ENTRIES_MAX) {}

  /** @param answerMs null = there was no answer to take the time of */
  record(name: string, isFault: boolean, answerMs: number | null): void {
    const former = this.entries.get(name) ?? { errorRate: 0, answerMs: null };
    const errorRate = weigh(former.errorRate, isFault ? 1 : 0);
    const average =
      answerMs === null ? former.answerMs : weigh(former.answerMs ?? answerMs, answerMs);
    this.entries.delete(name);
    this.entries.set(name, { errorRate, answerMs: average });
    if (this.entries.size <= this.entriesMax) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  find(name: string): Averages | null {
    return this.entries.get(name) ?? null;
  }
}

function weigh(former: number, newest: number): number {
  return former + ALPHA * (newest - former);
}
