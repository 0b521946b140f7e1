/** The phases a request is measured by; each name is a `Server-Timing` metric and a log field. */
export type Phase =
  | 'auth'
  | 'limits'
  | 'hold'
  | 'queue'
  | 'slot'
  | 'upstream'
  | 'media'
  | 'post'
  | 'handler'
  | 'total';

/** Adds up how long a request spent in each phase, in milliseconds. */
export class PhaseTimer {
  private readonly spentMs = new Map<Phase, number>();

  async measure<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.add(phase, performance.now() - startedAt);
    }
  }

  add(phase: Phase, durationMs: number): void {
    this.spentMs.set(phase, (this.spentMs.get(phase) ?? 0) + durationMs);
  }

  /** Phase → milliseconds, to a tenth. */
  toRecord(): Record<string, number> {
    const entries = [...this.spentMs].map(([phase, ms]) => [phase, Math.round(ms * 10) / 10]);
    return Object.fromEntries(entries) as Record<string, number>;
  }

  /** The value of a `Server-Timing` header (W3C Server Timing). */
  toServerTiming(): string {
    return [...this.spentMs].map(([phase, ms]) => `${phase};dur=${ms.toFixed(1)}`).join(', ');
  }
}
