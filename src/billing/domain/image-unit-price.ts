import { divideUp, toMicros } from '../../common/micros.js';
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
export type ImagePriceBasis =
  | 'flat'
  | 'pixels'
  | 'size_class'
  | 'exact'
  | 'formula'
  | 'dearest'
  | 'area'
  | 'request'
  | 'second';

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
/** A wide picture of a class has up to a quarter more pixels than the square that names it. */
const CLASS_SLACK_PERCENT = 125;
/** The most pixels of a picture whose size is left open, where its class does not tell: 1024x1536. */
const AUTO_PIXELS = 1_572_864;
/** A class without a side of its own is at most this wide when it is priced by its area. */
const WIDEST_SIDE_PX = 4_096;
/** A picture that is priced by time is held for, and charged for where the vendor does not say, so long. */
const SECONDS_HELD = 60;
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
  const rows = prices.filter(({ unit }) => unit === 'image').map((row) => inMoney(row, prices));
  return (
    findByPixels(rows, picture) ??
    findFlat(rows, picture) ??
    findByClass(rows, picture) ??
    findBySize(prices, rows, model, picture) ??
    findByArea(prices, picture) ??
    findPlain(prices, 'request') ??
    findPlain(prices, 'second')
  );
}

/** What costs credits costs what they are worth today. */
function inMoney(row: Price, prices: readonly Price[]): Price {
  const creditPrice = findUnitPrice(prices, 'microcredit');
  if (row.microcredits === null || creditPrice === null) return row;
  return { ...row, microsPerMillion: toMicros(row.microcredits * creditPrice) };
}

/** Every pixel costs, of the delivered picture or of the largest that may come. */
function findByArea(prices: readonly Price[], picture: PictureSpec): ImageUnitPrice | null {
  const pixelPrice = findUnitPrice(prices, 'pixel');
  if (pixelPrice === null) return null;
  const pixels = toPixels(picture);
  return {
    microsPerMillion: (pixels ?? toOpenPixels(picture)) * pixelPrice,
    basis: pixels === null ? 'dearest' : 'area',
  };
}

function toOpenPixels({ size }: PictureSpec): number {
  const side = CLASS_SIDES_PX[size?.toUpperCase() ?? ''];
  if (side === undefined) return AUTO_PIXELS;
  const sidePx = Math.min(side, WIDEST_SIDE_PX);
  return divideUp(sidePx * sidePx * CLASS_SLACK_PERCENT, 100);
}

function findPlain(prices: readonly Price[], unit: 'request' | 'second'): ImageUnitPrice | null {
  const price = findUnitPrice(prices, unit);
  if (price === null) return null;
  const units = unit === 'second' ? SECONDS_HELD : 1;
  return { microsPerMillion: price * units, basis: unit };
}

/** One price for all, but for the sizes and qualities that are priced beside it. */
function findFlat(rows: readonly Price[], picture: PictureSpec): ImageUnitPrice | null {
  const flat = rows.find(({ size, quality, pixelsMax }) => !size && !quality && !pixelsMax);
  if (!flat) return null;
  const { widthPx, heightPx } = picture;
  const exact = widthPx !== null && heightPx !== null ? `${widthPx}x${heightPx}` : null;
  const quality = picture.quality === 'auto' ? null : picture.quality;
  const fitting = rows.filter(
    (row) =>
      (!row.size || !exact || row.size === exact || isClass(row, picture)) &&
      (!row.quality || !quality || row.quality === quality),
  );
  if (fitting.length > 1 && (!exact || !quality)) return toDearest(fitting);
  const row = fitting.toSorted((a, b) => countNamed(b) - countNamed(a))[0] ?? flat;
  return { microsPerMillion: row.microsPerMillion, basis: row === flat ? 'flat' : 'exact' };
}

function isClass({ size }: Price, picture: PictureSpec): boolean {
  return size !== null && size in CLASS_SIDES_PX && size === picture.size?.toUpperCase();
}

function countNamed({ size, quality }: Price): number {
  return (size ? 2 : 0) + (quality ? 1 : 0);
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
    classes.find((one) => (pixels ?? 0) * 100 <= sideOf(one) ** 2 * CLASS_SLACK_PERCENT) ??
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
