/** Of the last five to ten minutes. */
const SPAN_MS = 300_000;
/** Of connections and of models on them; the one called longest ago makes room. */
const ENTRIES_MAX = 5_000;

export interface CallCounts {
  calls: number;
  /** Those that the vendor failed. */
  faults: number;
}

interface Entry {
  /** When the newer span began. */
  sinceMs: number;
  newer: CallCounts;
  older: CallCounts;
}

const NONE: CallCounts = { calls: 0, faults: 0 };

/**
 * How many calls were made lately and how many failed, by name. Forgets by time and not by calls, so that what is left
 * out for failing is looked at with new eyes after a while.
 */
export class RecentCalls {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly entriesMax = ENTRIES_MAX) {}

  record(name: string, isFault: boolean, nowMs: number): void {
    const { sinceMs, newer, older } = turn(this.entries.get(name), nowMs);
    const counted = { calls: newer.calls + 1, faults: newer.faults + (isFault ? 1 : 0) };
    this.entries.delete(name);
    this.entries.set(name, { sinceMs, newer: counted, older });
    if (this.entries.size <= this.entriesMax) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  find(name: string, nowMs: number): CallCounts {
    const { newer, older } = turn(this.entries.get(name), nowMs);
    return { calls: newer.calls + older.calls, faults: newer.faults + older.faults };
  }
}

function turn(entry: Entry | undefined, nowMs: number): Entry {
  const ageMs = entry ? nowMs - entry.sinceMs : Number.POSITIVE_INFINITY;
  if (!entry || ageMs >= 2 * SPAN_MS) return { sinceMs: nowMs, newer: NONE, older: NONE };
  if (ageMs < SPAN_MS) return entry;
  return { sinceMs: entry.sinceMs + SPAN_MS, newer: NONE, older: entry.newer };
}
