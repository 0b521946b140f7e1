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
const PIXELS_PER_GRID = 4_000_000;

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
  const sides = Math.min(widthPx, heightPx) / Math.max(widthPx, heightPx);
  const short = roundHalfEven(long * sides);
  const tokens = (long * short * (BASE_PIXELS + widthPx * heightPx)) / PIXELS_PER_GRID;
  return Math.ceil(tokens) * (family.factor?.[quality] ?? 1);
}

function findFamily(model: string): TokenFamily | undefined {
  return FAMILIES.find(({ models }) => models.test(model));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const isHalf = value - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(value);
}
