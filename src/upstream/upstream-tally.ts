import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { findLatencyBucket, LATENCY_BUCKETS } from './domain/latency-histogram.js';
import { OUTCOMES, type Outcome } from './domain/outcome.js';
import { SPANS_S, type SpanS, type UpstreamCounts } from './domain/upstream-counts.js';
import type { UpstreamTarget } from './upstream-calls.port.js';

const MS_PER_S = 1_000;
/** Counted apart between two writes; what comes on top is counted under one name a connection, and then not at all. */
const ENTRIES_MAX = 4_000;
const NAMED_MAX = 2_000;
export const OTHER_MODELS = '(other)';
const MODEL_CHARS_MAX = 200;

interface Entry extends UpstreamCounts {
  outcomes: number[];
  latencies: number[];
}

/** What happened since the last write to the database, in memory. */
@Injectable()
export class UpstreamTally {
  private entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  add(target: UpstreamTarget, outcome: Outcome, answerMs: number): void {
    const now = this.clock.now();
    for (const spanS of SPANS_S) {
      const entry = this.open(target, spanS, now);
      if (!entry) continue;
      const index = OUTCOMES.indexOf(outcome);
      entry.outcomes[index] = (entry.outcomes[index] ?? 0) + 1;
      entry.lastCalledAt = now;
      if (outcome === 'succeeded') {
        const bucket = findLatencyBucket(answerMs);
        entry.latencies[bucket] = (entry.latencies[bucket] ?? 0) + 1;
      } else {
        entry.lastError = outcome;
        entry.lastErrorAt = now;
      }
    }
  }

  /** Takes all of it out. */
  take(): UpstreamCounts[] {
    const taken = [...this.entries.values()];
    this.entries = new Map();
    return taken;
  }

  private open({ connection, model }: UpstreamTarget, spanS: SpanS, now: Date): Entry | null {
    const spanMs = spanS * MS_PER_S;
    const startsAtMs = Math.floor(now.getTime() / spanMs) * spanMs;
    const name = model.slice(0, MODEL_CHARS_MAX);
    const toKey = (of: string) => `${spanS}\n${startsAtMs}\n${connection.id}\n${of}`;
    const known = this.entries.get(toKey(name));
    if (known) return known;
    const counted = this.entries.size < NAMED_MAX ? name : OTHER_MODELS;
    const others = this.entries.get(toKey(counted));
    if (others || this.entries.size >= ENTRIES_MAX) return others ?? null;
    const entry: Entry = {
      spanS,
      startsAt: new Date(startsAtMs),
      connection: connection.id,
      model: counted,
      provider: connection.provider,
      isGlobal: connection.scope === 'global',
      outcomes: OUTCOMES.map(() => 0),
      latencies: Array.from({ length: LATENCY_BUCKETS }, () => 0),
      lastError: null,
      lastErrorAt: null,
      lastCalledAt: now,
    };
    this.entries.set(toKey(counted), entry);
    return entry;
  }
}
