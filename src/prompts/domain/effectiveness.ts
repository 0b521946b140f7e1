import type { OptimizationNote } from './optimizations.repository.port.js';

export interface Effectiveness {
  count: number;
  /** 0 to 1, to a thousandth; null = there were none, as everywhere here. */
  successRate: number | null;
  /** Of those that succeeded: the share of the characters that went. */
  reductionPercentAverage: number | null;
  timeMsAverage: number | null;
  /** Of those that had a rewriting to look at. */
  keywordRetentionPercentAverage: number | null;
}

const PERCENT = 100;

export function toEffectiveness(notes: readonly OptimizationNote[]): Effectiveness {
  const made = notes.filter(({ isSuccess }) => isSuccess);
  const rate = average(notes.map(({ isSuccess }) => (isSuccess ? 1 : 0)));
  return {
    count: notes.length,
    successRate: rate === null ? null : round(rate, 1_000),
    reductionPercentAverage: tenth(
      average(
        made.map((note) => (1 - (note.optimizedLength ?? 0) / note.originalLength) * PERCENT),
      ),
    ),
    timeMsAverage: tenth(average(notes.map(({ timeMs }) => timeMs))),
    keywordRetentionPercentAverage: tenth(
      average(notes.flatMap(({ retentionPercent }) => retentionPercent ?? [])),
    ),
  };
}

function average(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tenth(value: number | null): number | null {
  return value === null ? null : round(value, 10);
}

function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
