import type { HistoryFilter } from '../domain/history-filter.js';

/** Words as the database told them apart: the last of a search may be the beginning of one. */
export interface SearchWords {
  whole: readonly string[];
  beginnings: readonly string[];
}

/** What a row must have: a term of each group. A group is one or more ranges of terms, their ends included. */
export interface HistoryQuery {
  lows: string[];
  highs: string[];
  /** Of each range, from 1 on; those of few terms come first, because they leave the least to look at. */
  groups: number[];
  costLowMicros: number | null;
  costHighMicros: number | null;
}

type Range = readonly [low: string, high: string];

/** Comes after every term that begins as the text before it. */
const LAST_CHARACTER = '\u{10ffff}';
const COST_MAX_MICROS = Number.MAX_SAFE_INTEGER;
const COST_DIGITS = 16;
const HEXADECIMAL = 16;
/** Costs are terms as they are, in steps of this many micros, and in steps of so many of those. */
const COST_STEP = 256;
const COARSEST = 2;
/** Writes each of its characters apart, so none is the beginning of another word. */
const IDEOGRAPH = /^[\u3040-\u30ff\u3400-\u9fff]$/u;

/** See `generation_facets` and `generation_terms` for what the letters stand for. */
export function toHistoryQuery(filter: HistoryFilter, words: SearchWords): HistoryQuery {
  const { costMinMicros, costMaxMicros } = filter;
  const hasCosts = costMinMicros !== null || costMaxMicros !== null;
  const costLowMicros = hasCosts ? (costMinMicros ?? 0) : null;
  const costHighMicros = hasCosts ? (costMaxMicros ?? COST_MAX_MICROS) : null;
  const groups: (readonly Range[])[] = [
    ...words.whole.map((word) => [toExact(word)]),
    ...toFacets(filter).map((terms) => terms.map(toExact)),
    ...words.beginnings.map((word) => [toBeginning(word)]),
    ...(costLowMicros !== null && costHighMicros !== null
      ? [toCostRanges(costLowMicros, costHighMicros)]
      : []),
  ];
  const ranges = groups.flat();
  return {
    lows: ranges.map(([low]) => low),
    highs: ranges.map(([, high]) => high),
    groups: groups.flatMap((group, index) => group.map(() => index + 1)),
    costLowMicros,
    costHighMicros,
  };
}

function toExact(term: string): Range {
  return [term, term];
}

/** The first letter of a word is a term of its own. */
function toBeginning(word: string): Range {
  if (IDEOGRAPH.test(word)) return toExact(word);
  if ([...word].length === 1) return toExact(`=1${word}`);
  return [word, `${word}${LAST_CHARACTER}`];
}

function toFacets(filter: HistoryFilter): string[][] {
  const { operation, provider, model, collectionId, createdBy, apiKeyId, hasImages } = filter;
  const single: [letter: string, value: string | null][] = [
    ['c', collectionId && collectionId.toLowerCase()],
    ['u', createdBy && createdBy.toLowerCase()],
    ['k', apiKeyId && apiKeyId.toLowerCase()],
    ['m', model],
    ['p', provider],
    ['o', operation],
    ['i', hasImages === null ? null : hasImages ? 'yes' : 'no'],
  ];
  return [
    ...filter.tags.map((tag) => [`=g${tag}`]),
    ...single.filter(([, value]) => value !== null).map(([name, value]) => [`=${name}${value}`]),
    ...(filter.statuses.length > 0 ? [filter.statuses.map((status) => `=t${status}`)] : []),
  ];
}

/** What is left at both ends of the coarser steps is made of finer ones. A range without a number in it stays one. */
function toCostRanges(lowMicros: number, highMicros: number): Range[] {
  const ranges: Range[] = [];
  let low = lowMicros;
  let high = highMicros;
  for (let level = 0; ; level += 1) {
    const lowStep = Math.ceil(low / COST_STEP);
    const highStep = Math.floor((high + 1) / COST_STEP) - 1;
    if (level === COARSEST || lowStep > highStep) {
      ranges.push([toCostTerm(level, low), toCostTerm(level, high)]);
      return ranges;
    }
    const first = lowStep * COST_STEP;
    const end = (highStep + 1) * COST_STEP;
    if (low < first) ranges.push([toCostTerm(level, low), toCostTerm(level, first - 1)]);
    if (high >= end) ranges.push([toCostTerm(level, end), toCostTerm(level, high)]);
    low = lowStep;
    high = highStep;
  }
}

function toCostTerm(level: number, steps: number): string {
  return `=$${level}${steps.toString(HEXADECIMAL).padStart(COST_DIGITS, '0')}`;
}
