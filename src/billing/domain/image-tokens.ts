/**
 * Output tokens of one picture, for the families where they follow from size and quality.
 * Source: OpenAI's documentation, read 2026-11; it reproduces the published prices (reference §1.6).
 */
interface TokenFamily {
  models: RegExp;
  /** Side of the token grid by quality. */
  grid: Readonly<Record<string, number>>;
  /** Where the family is known to use more than the formula: at most this many times as much. */
  factor?: Readonly<Record<string, number>>;
}

const GRID_25 = { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 };

const FAMILIES: readonly TokenFamily[] = [
  { models: /^gpt-image-2$/, grid: { low: 16, medium: 48, high: 96 } },
  { models: /^gpt-image-2\.5(-|$)/, grid: GRID_25 },
  // Low and medium were measured at 3 to 4 times the figure of 2.5.
  { models: /^gpt-image-2\.6(-|$)/, grid: GRID_25, factor: { low: 5, medium: 5 } },
];

const BASE_PIXELS = 2_000_000;
const PIXELS_PER_GRID = 4_000_000n;

/** The qualities the formula knows for the model; none for a model without a formula. */
export function listFormulaQualities(model: string): readonly string[] {
  return Object.keys(findFamily(model)?.grid ?? {});
}

/** Tokens of one picture, an upper bound; null when there is no formula for model and quality. */
export function countImageTokens(
  model: string,
  quality: string,
  widthPx: number,
  heightPx: number,
): number | null {
  const family = findFamily(model);
  const long = family?.grid[quality];
  if (!family || long === undefined) return null;
  const short = roundHalfEven(long * Math.min(widthPx, heightPx), Math.max(widthPx, heightPx));
  const cells = BigInt(long) * short * BigInt(BASE_PIXELS + widthPx * heightPx);
  const tokens = Number((cells + PIXELS_PER_GRID - 1n) / PIXELS_PER_GRID);
  return tokens * (family.factor?.[quality] ?? 1);
}

function findFamily(model: string): TokenFamily | undefined {
  return FAMILIES.find(({ models }) => models.test(model));
}

/** The quotient of two whole numbers, rounded to the nearest whole one; of two as near, to the even one. */
function roundHalfEven(dividend: number, divisor: number): bigint {
  const below = BigInt(dividend) / BigInt(divisor);
  const twiceRest = 2n * (BigInt(dividend) % BigInt(divisor));
  const isUp = twiceRest > BigInt(divisor) || (twiceRest === BigInt(divisor) && below % 2n === 1n);
  return isUp ? below + 1n : below;
}
