import type { Micros } from '../../common/micros.js';
import type { Price, PriceUnit } from './price.js';
import { totalMicros } from './total-micros.js';

/** What is priced by tokens; embeddings give none back. */
export type TokenOperation = 'chat' | 'embedding';

/** What one token of each kind costs, times 1,000,000, for prompts longer than `above`. */
interface TokenTier {
  above: number;
  input: number;
  cachedInput: number;
  cacheWrite: number;
  output: number;
  /** Of this tier and those below: what a prompt of such a length may cost at most. */
  dearestInput: number;
  dearestOutput: number;
}

/** Prices of one model by tokens, lowest tier first, never empty. */
export type TokenRates = readonly TokenTier[];

/** A vendor's count as it came: hostile input. Null = it did not say. */
export interface CountedTokens {
  /** Cached and written ones included. */
  inputTokens: number;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  /** Reasoning included. */
  outputTokens: number;
}

/** The most tokens a call should take. */
export interface ExpectedTokens {
  inputTokens: number;
  outputTokensMax: number;
}

export interface BelievedTokens {
  /** Whole, 0 or more; what was cached and what was written are parts of the input. */
  tokens: { input: number; cachedInput: number; cacheWrite: number; output: number };
  /** The count was beyond belief, and was cut. */
  isCut: boolean;
}

/** A vendor that counts more than this many times what was held, and the slack, is not believed. */
export const PLAUSIBLE_FACTOR = 4;
/** What templates, hidden prompts and tools of vendors add to a short call. */
export const PLAUSIBLE_SLACK_TOKENS = 2_048;

/** Null = the list does not say what such tokens cost. Units are priced each by itself; prices for long prompts too. */
export function toTokenRates(
  prices: readonly Price[],
  operation: TokenOperation,
): TokenRates | null {
  const hasOutput = operation === 'chat';
  const lines = toLines(prices);
  const units: PriceUnit[] = hasOutput ? ['input_token', 'output_token'] : ['input_token'];
  if (!units.every((unit) => findLine(lines, unit, 0))) return null;
  const tiers: TokenTier[] = [];
  for (const above of new Set([0, ...lines.map((line) => line.above)])) {
    tiers.push(toTier(lines, above, hasOutput, tiers.at(-1)));
  }
  return tiers;
}

/** What so many tokens cost at most, however they turn out to be cached. */
export function quoteTokens(
  rates: TokenRates,
  expected: ExpectedTokens,
  multiplierBp?: number,
): Micros {
  const { dearestInput, dearestOutput } = findTier(rates, expected.inputTokens);
  const lines = [
    { units: expected.inputTokens, microsPerMillion: dearestInput },
    { units: expected.outputTokensMax, microsPerMillion: dearestOutput },
  ];
  return totalMicros(lines, { multiplierBp });
}

/** What the tokens cost; a prompt of more tokens than a tier begins at pays its prices for the whole call. */
export function chargeTokens(
  rates: TokenRates,
  { input, cachedInput, cacheWrite, output }: BelievedTokens['tokens'],
  multiplierBp?: number,
): Micros {
  const tier = findTier(rates, input);
  const lines = [
    { units: input - cachedInput - cacheWrite, microsPerMillion: tier.input },
    { units: cachedInput, microsPerMillion: tier.cachedInput },
    { units: cacheWrite, microsPerMillion: tier.cacheWrite },
    { units: output, microsPerMillion: tier.output },
  ];
  return totalMicros(lines, { multiplierBp });
}

/** What is no count becomes what was held; what is too much, the most that is plausible. */
export function believeTokens(counted: CountedTokens, held: ExpectedTokens): BelievedTokens {
  const input = believe(counted.inputTokens, held.inputTokens);
  const output = believe(counted.outputTokens, held.outputTokensMax);
  const cachedInput = toPart(counted.cachedInputTokens, input);
  const cacheWrite = toPart(counted.cacheWriteTokens, input - cachedInput);
  const isCut =
    input !== counted.inputTokens ||
    output !== counted.outputTokens ||
    cachedInput !== (counted.cachedInputTokens ?? 0) ||
    cacheWrite !== (counted.cacheWriteTokens ?? 0);
  return { tokens: { input, cachedInput, cacheWrite, output }, isCut };
}

function believe(counted: number, held: number): number {
  if (!isCount(counted)) return held;
  return Math.min(counted, held * PLAUSIBLE_FACTOR + PLAUSIBLE_SLACK_TOKENS);
}

function toPart(counted: number | null, whole: number): number {
  return isCount(counted) ? Math.min(counted, whole) : 0;
}

function isCount(value: number | null): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

interface TokenLine {
  unit: PriceUnit;
  above: number;
  microsPerMillion: number;
}

function toLines(prices: readonly Price[]): TokenLine[] {
  return prices
    .filter(({ unit }) => TOKEN_UNITS.has(unit))
    .map(({ unit, inputTokensAbove, microsPerMillion }) => ({
      unit,
      above: inputTokensAbove ?? 0,
      microsPerMillion,
    }))
    .toSorted((left, right) => left.above - right.above);
}

const TOKEN_UNITS: ReadonlySet<PriceUnit> = new Set([
  'input_token',
  'cached_input_token',
  'cache_write_token',
  'output_token',
]);

function toTier(
  lines: readonly TokenLine[],
  above: number,
  hasOutput: boolean,
  below: TokenTier | undefined,
): TokenTier {
  const inputLine = findLine(lines, 'input_token', above);
  const writeLine = findLine(lines, 'cache_write_token', above);
  const input = inputLine?.microsPerMillion ?? 0;
  const cachedInput = findLine(lines, 'cached_input_token', above)?.microsPerMillion ?? input;
  // Lists leave out what writing costs in long prompts: surely no less than reading does there.
  const isOutdated = (writeLine?.above ?? 0) < (inputLine?.above ?? 0);
  const written = writeLine?.microsPerMillion ?? input;
  const cacheWrite = isOutdated ? Math.max(written, input) : written;
  const output = hasOutput ? (findLine(lines, 'output_token', above)?.microsPerMillion ?? 0) : 0;
  const dearestInput = Math.max(input, cachedInput, cacheWrite, below?.dearestInput ?? 0);
  const dearestOutput = Math.max(output, below?.dearestOutput ?? 0);
  return { above, input, cachedInput, cacheWrite, output, dearestInput, dearestOutput };
}

/** The line for prompts of more than `above` tokens. */
function findLine(
  lines: readonly TokenLine[],
  unit: PriceUnit,
  above: number,
): TokenLine | undefined {
  return lines.findLast((line) => line.unit === unit && line.above <= above);
}

function findTier(rates: TokenRates, inputTokens: number): TokenTier {
  return rates.findLast(({ above }) => inputTokens > above) ?? rates[0]!;
}
