import { countImageTokens, listFormulaQualities } from './image-tokens.js';
import { findUnitPrice, type Price } from './price.js';

/** One picture as it was asked for, or as it was delivered. Null = left to the vendor. */
export interface PictureSpec {
  widthPx: number | null;
  heightPx: number | null;
  /** A size class where the vendor has such: `1K`, `2K`. Else null, or what the caller wrote. */
  size: string | null;
  quality: string | null;
}

/** How the price of a picture was found. */
export type ImagePriceBasis = 'flat' | 'pixels' | 'size_class' | 'exact' | 'formula' | 'dearest';

export interface ImageUnitPrice {
  /** Micros for 1,000,000 pictures. */
  microsPerMillion: number;
  basis: ImagePriceBasis;
}

interface Candidate extends ImageUnitPrice {
  size: string;
  quality: string | null;
}

const EXACT_SIZE_FORM = /^(\d+)x(\d+)$/;
/** Sizes that a vendor chooses from when the size is left open. */
const AUTO_SIZES = ['1024x1024', '1024x1536', '1536x1024'];
/** A wide picture of a class has a little more pixels than the square that names it. */
const CLASS_SLACK = 1.25;
const CLASS_SIDES_PX: Readonly<Record<string, number>> = {
  '512': 512,
  '1K': 1_024,
  '2K': 2_048,
  '4K': Number.POSITIVE_INFINITY,
};

/**
 * The price of one picture; the dearest that is plausible where size or quality is left open.
 * Null = the list has no price for such a picture.
 */
export function findImageUnitPrice(
  prices: readonly Price[],
  model: string,
  picture: PictureSpec,
): ImageUnitPrice | null {
  const rows = prices.filter(({ unit }) => unit === 'image');
  return (
    findByPixels(rows, picture) ??
    findFlat(rows) ??
    findByClass(rows, picture) ??
    findBySize(prices, rows, model, picture)
  );
}

function findFlat(rows: readonly Price[]): ImageUnitPrice | null {
  const row = rows.find(({ size, quality, pixelsMax }) => !size && !quality && !pixelsMax);
  return row ? { microsPerMillion: row.microsPerMillion, basis: 'flat' } : null;
}

function findByPixels(rows: readonly Price[], picture: PictureSpec): ImageUnitPrice | null {
  if (!rows.some(({ pixelsMax }) => pixelsMax !== null)) return null;
  const pixels = toPixels(picture);
  const fitting = rows
    .filter(({ size, quality }) => !size && !quality)
    .filter(({ pixelsMax }) => pixels === null || pixels <= (pixelsMax ?? Infinity))
    .toSorted((left, right) => (left.pixelsMax ?? Infinity) - (right.pixelsMax ?? Infinity));
  if (pixels === null) return toDearest(fitting);
  const row = fitting[0];
  return row ? { microsPerMillion: row.microsPerMillion, basis: 'pixels' } : null;
}

function findByClass(rows: readonly Price[], picture: PictureSpec): ImageUnitPrice | null {
  const classes = rows
    .filter(({ size }) => size !== null && size in CLASS_SIDES_PX)
    .toSorted((left, right) => sideOf(left) - sideOf(right));
  if (classes.length === 0) return null;
  const named = classes.find(({ size }) => size === picture.size?.toUpperCase());
  const pixels = toPixels(picture);
  if (!named && pixels === null) return toDearest(classes);
  const row =
    named ??
    classes.find((one) => (pixels ?? 0) <= sideOf(one) ** 2 * CLASS_SLACK) ??
    classes.at(-1);
  return row ? { microsPerMillion: row.microsPerMillion, basis: 'size_class' } : null;
}

/** Every plausible size in every plausible quality, by row and by formula; then the dearest. */
function findBySize(
  prices: readonly Price[],
  rows: readonly Price[],
  model: string,
  picture: PictureSpec,
): ImageUnitPrice | null {
  const exact = rows.filter(({ size }) => size !== null && EXACT_SIZE_FORM.test(size));
  const { widthPx, heightPx } = picture;
  const sizes = widthPx !== null && heightPx !== null ? [`${widthPx}x${heightPx}`] : AUTO_SIZES;
  const quality = picture.quality === 'auto' ? null : picture.quality;
  const candidates = [...toRows(exact), ...toFormulas(prices, model, sizes)].filter(
    (one) => sizes.includes(one.size) && (!quality || !one.quality || one.quality === quality),
  );
  const dearest = candidates.toSorted((a, b) => b.microsPerMillion - a.microsPerMillion)[0];
  if (!dearest) return null;
  const isOpen = sizes.length > 1 || quality === null;
  return {
    microsPerMillion: dearest.microsPerMillion,
    basis: isOpen ? 'dearest' : dearest.basis,
  };
}

function toRows(rows: readonly Price[]): Candidate[] {
  return rows.map(({ size, quality, microsPerMillion }) => ({
    size: size ?? '',
    quality,
    microsPerMillion,
    basis: 'exact',
  }));
}

function toFormulas(
  prices: readonly Price[],
  model: string,
  sizes: readonly string[],
): Candidate[] {
  const tokenPrice = findUnitPrice(prices, 'image_output_token');
  if (tokenPrice === null) return [];
  return listFormulaQualities(model).flatMap((quality) =>
    sizes.flatMap((size) => {
      const [, width, height] = EXACT_SIZE_FORM.exec(size) ?? [];
      const tokens = countImageTokens(model, quality, Number(width), Number(height));
      if (tokens === null) return [];
      return { size, quality, microsPerMillion: tokens * tokenPrice, basis: 'formula' as const };
    }),
  );
}

function toDearest(rows: readonly Price[]): ImageUnitPrice | null {
  if (rows.length === 0) return null;
  const microsPerMillion = Math.max(...rows.map((row) => row.microsPerMillion));
  return { microsPerMillion, basis: 'dearest' };
}

function sideOf({ size }: Price): number {
  return CLASS_SIDES_PX[size ?? ''] ?? 0;
}

function toPixels({ widthPx, heightPx }: PictureSpec): number | null {
  return widthPx !== null && heightPx !== null ? widthPx * heightPx : null;
}
