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
  private readonly phases: Phase[] = [];
  private readonly spentMs: number[] = [];

  async measure<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.add(phase, performance.now() - startedAt);
    }
  }

  add(phase: Phase, durationMs: number): void {
    const index = this.phases.indexOf(phase);
    if (index !== -1) {
      this.spentMs[index] = (this.spentMs[index] ?? 0) + durationMs;
      return;
    }
    this.phases.push(phase);
    this.spentMs.push(durationMs);
  }

  /** Phase → milliseconds, to a tenth. */
  toRecord(): Record<string, number> {
    const record: Record<string, number> = {};
    for (const [index, phase] of this.phases.entries()) {
      record[phase] = toTenth(this.spentMs[index] ?? 0);
    }
    return record;
  }

  /** The value of a `Server-Timing` header (W3C Server Timing). */
  toServerTiming(): string {
    let text = '';
    for (const [index, phase] of this.phases.entries()) {
      text += `${index === 0 ? '' : ', '}${phase};dur=${toTenth(this.spentMs[index] ?? 0)}`;
    }
    return text;
  }
}

function toTenth(durationMs: number): number {
  return Math.round(durationMs * 10) / 10;
}
