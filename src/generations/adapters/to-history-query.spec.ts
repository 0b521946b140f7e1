// Proves which terms of the index a filter asks for: that ranges of costs, made of steps of three sizes, hold exactly the
// costs between their ends and few terms, and what becomes of the beginnings of words.
import { describe, expect, it } from 'vitest';
import type { HistoryFilter } from '../domain/history-filter.js';
import { toHistoryQuery } from './to-history-query.js';

const EVERYTHING: HistoryFilter = {
  searchSpaceId: null,
  collectionId: null,
  batchId: null,
  statuses: [],
  operation: null,
  provider: null,
  model: null,
  createdBy: null,
  apiKeyId: null,
  tags: [],
  isFavourite: false,
  hasImages: null,
  createdFrom: null,
  createdTo: null,
  costMinMicros: null,
  costMaxMicros: null,
  search: null,
  order: 'newest',
};
const NO_WORDS = { whole: [], beginnings: [] };
const STEP = 256;

/** As `generation_facets` writes them. */
function toCostTerms(micros: number): string[] {
  return [micros, Math.floor(micros / STEP), Math.floor(micros / STEP / STEP)].map(
    (steps, level) => `=$${level}${steps.toString(16).padStart(16, '0')}`,
  );
}

function ask(costMinMicros: number | null, costMaxMicros: number | null) {
  return toHistoryQuery({ ...EVERYTHING, costMinMicros, costMaxMicros }, NO_WORDS);
}

function isFound(micros: number, low: number | null, high: number | null): boolean {
  const { lows, highs } = ask(low, high);
  return toCostTerms(micros).some((term) =>
    lows.some((from, index) => from <= term && term <= highs[index]!),
  );
}

describe('a range of costs', () => {
  const edges = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 190_000, 2 ** 24, 2 ** 53 - 1];

  it.each(edges)('from %d on holds what is in it and nothing else', (low) => {
    for (const high of [...edges, null]) {
      for (const micros of edges) {
        const isMeant = micros >= low && (high === null || micros <= high);
        expect([low, high, micros, isFound(micros, low, high)]).toEqual([
          low,
          high,
          micros,
          isMeant,
        ]);
      }
    }
  });

  it('is one group of five ranges at most, none of the fine ones longer than a step', () => {
    const { lows, highs, groups, costLowMicros, costHighMicros } = ask(1, 10_000_001);
    expect(new Set(groups)).toEqual(new Set([1]));
    expect(lows).toHaveLength(5);
    const toSteps = (term: string) => Number.parseInt(term.slice(3), 16);
    lows.forEach((low, index) => {
      expect(toSteps(highs[index]!) - toSteps(low)).toBeLessThan(STEP);
    });
    expect([costLowMicros, costHighMicros]).toEqual([1, 10_000_001]);
  });
});

describe('words', () => {
  it('come first when whole and last as a beginning, of which a single letter is a term of its own', () => {
    const filter: HistoryFilter = { ...EVERYTHING, statuses: ['failed', 'canceled'], tags: ['a'] };
    const { lows, highs, groups } = toHistoryQuery(filter, {
      whole: ['red'],
      beginnings: ['p', '京', 'po'],
    });
    expect(lows).toEqual(['red', '=ga', '=tfailed', '=tcanceled', '=1p', '京', 'po']);
    expect(highs).toEqual([...lows.slice(0, -1), 'po\u{10ffff}']);
    expect(groups).toEqual([1, 2, 3, 3, 4, 5, 6]);
  });
});
