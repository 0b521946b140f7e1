import type { SizeGrid, SizeRule } from './spec/image-model.js';

export interface PixelSize {
  widthPx: number;
  heightPx: number;
}

const SIZE_FORM = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/;
/** What an aspect ratio is turned into where the model leaves a choice: about one megapixel. */
const PREFERRED_PIXELS = 1_048_576;
/** How far a size of a list may be from the ratio asked for: 4:3 is not served by 3:2. */
const ASPECT_TOLERANCE = 0.02;

/** `1024x1536`; null = not of that form. */
export function parseSize(text: string): PixelSize | null {
  const parts = SIZE_FORM.exec(text);
  return parts ? { widthPx: Number(parts[1]), heightPx: Number(parts[2]) } : null;
}

export function formatSize(size: PixelSize): string {
  return `${size.widthPx}x${size.heightPx}`;
}

export function isSizePossible(rule: SizeRule, size: PixelSize): boolean {
  if (rule.kind === 'list') return rule.sizes.includes(formatSize(size));
  const { widthPx, heightPx } = size;
  const shorter = Math.min(widthPx, heightPx);
  const longer = Math.max(widthPx, heightPx);
  const pixels = widthPx * heightPx;
  return (
    shorter >= rule.sideMinPx &&
    longer <= rule.sideMaxPx &&
    widthPx % rule.stepPx === 0 &&
    heightPx % rule.stepPx === 0 &&
    (rule.aspectMax === null || longer <= shorter * rule.aspectMax) &&
    pixels >= rule.pixelsMin &&
    pixels <= rule.pixelsMax
  );
}

/** The rule as the end of a sentence: `must be one of …`. */
export function describeSizes(rule: SizeRule): string {
  if (rule.kind === 'list') return `must be one of ${rule.sizes.join(', ')}`;
  const step = rule.stepPx > 1 ? ` in steps of ${rule.stepPx}` : '';
  const aspect = rule.aspectMax === null ? '' : `, at most ${rule.aspectMax}:1`;
  return (
    `must be WIDTHxHEIGHT with sides from ${rule.sideMinPx} to ${rule.sideMaxPx}${step}${aspect}, ` +
    `and ${rule.pixelsMin} to ${rule.pixelsMax} pixels`
  );
}

/**
 * The size of the model for a ratio such as 16:9 (`width` : `height`): the closest of a list, or about one megapixel
 * on a grid. Null = the model has no such shape.
 */
export function findSizeForAspect(rule: SizeRule, width: number, height: number): PixelSize | null {
  if (!(width > 0 && height > 0)) return null;
  const aspect = width / height;
  if (rule.kind === 'grid') return findOnGrid(rule, aspect);
  const candidates = rule.sizes
    .map(parseSize)
    .filter((size) => size !== null)
    .map((size) => ({ size, distance: Math.abs(size.widthPx / size.heightPx / aspect - 1) }))
    .filter(({ distance }) => distance <= ASPECT_TOLERANCE)
    .sort((left, right) => left.distance - right.distance);
  return candidates[0]?.size ?? null;
}

/** The size asked for; where only its shape counts and the model has no such size, the model's own of that shape. */
export function fitSize(
  rule: SizeRule,
  asked: { widthPx: number | null; heightPx: number | null; isShape?: boolean },
): { widthPx: number | null; heightPx: number | null } {
  const { widthPx, heightPx, isShape = false } = asked;
  if (!isShape || widthPx === null || heightPx === null) return { widthPx, heightPx };
  const size = { widthPx, heightPx };
  return isSizePossible(rule, size) ? size : (findSizeForAspect(rule, widthPx, heightPx) ?? size);
}

function findOnGrid(rule: SizeGrid, aspect: number): PixelSize | null {
  const pixels = Math.min(Math.max(PREFERRED_PIXELS, rule.pixelsMin), rule.pixelsMax);
  const toStep = (side: number): number => Math.round(side / rule.stepPx) * rule.stepPx;
  const size = {
    widthPx: toStep(Math.sqrt(pixels * aspect)),
    heightPx: toStep(Math.sqrt(pixels / aspect)),
  };
  return isSizePossible(rule, size) ? size : null;
}
