import { DomainError } from '../../common/domain-error.js';

export const FITS = ['cover', 'contain', 'inside', 'outside', 'fill'] as const;
export type Fit = (typeof FITS)[number];

export const MADE_FORMATS = ['avif', 'webp', 'jpeg', 'png'] as const;
export type MadeFormat = (typeof MADE_FORMATS)[number];

export const SIDE_PX_MAX = 4_096;
export const BLUR_MIN = 0.3;
export const BLUR_MAX = 50;
export const QUALITY_MAX = 100;

/** What is to be made of a picture. What is left out stays as it is. */
export interface Transform {
  widthPx?: number;
  heightPx?: number;
  /** Only where both sides are told; `inside` when it is left out. */
  fit?: Fit;
  mayEnlarge?: boolean;
  format?: MadeFormat;
  quality?: number;
  isGreyscale?: boolean;
  blurSigma?: number;
  isSharpened?: boolean;
  /** rrggbb or rrggbbaa; only with `contain`. */
  background?: string;
}

/** As they are called outside, in the order in which they are written. */
export const TRANSFORM_FIELDS = [
  'width',
  'height',
  'fit',
  'enlarge',
  'format',
  'quality',
  'greyscale',
  'blur',
  'sharpen',
  'background',
] as const;

type Field = (typeof TRANSFORM_FIELDS)[number];

const WHOLE_FORM = /^[1-9]\d{0,4}$/;
const BLUR_FORM = /^(?:0|[1-9]\d?)(?:\.\d{1,2})?$/;
const COLOUR_FORM = /^(?:[0-9a-f]{6}|[0-9a-f]{8})$/i;

/**
 * Reads a transform as text, the way it stands in an address. Every value has one form, and what would have no effect
 * is refused, so that nobody waits for what he does not get.
 * @returns null when nothing is to be done
 * @throws DomainError `request.invalid` naming the field
 */
export function readTransform(fields: Readonly<Record<string, unknown>>): Transform | null {
  const text = (field: Field): string | undefined => toText(fields[field], field);
  const transform: Transform = {
    widthPx: toWhole(text('width'), 'width', SIDE_PX_MAX),
    heightPx: toWhole(text('height'), 'height', SIDE_PX_MAX),
    fit: toChoice(text('fit'), 'fit', FITS),
    mayEnlarge: toSwitch(text('enlarge'), 'enlarge'),
    format: toChoice(text('format'), 'format', MADE_FORMATS),
    quality: toWhole(text('quality'), 'quality', QUALITY_MAX),
    isGreyscale: toSwitch(text('greyscale'), 'greyscale'),
    blurSigma: toBlur(text('blur')),
    isSharpened: toSwitch(text('sharpen'), 'sharpen'),
    background: toColour(text('background')),
  };
  assertTogether(transform);
  return toTransformQuery(transform) === '' ? null : transform;
}

/** The one way in which a transform is written: what means the same is the same text. */
export function toTransformQuery(transform: Transform): string {
  const values: Record<Field, string | number | false | undefined> = {
    width: transform.widthPx,
    height: transform.heightPx,
    fit: transform.fit === 'inside' ? undefined : transform.fit,
    enlarge: transform.mayEnlarge && 'true',
    format: transform.format,
    quality: transform.quality,
    greyscale: transform.isGreyscale && 'true',
    blur: transform.blurSigma,
    sharpen: transform.isSharpened && 'true',
    background: transform.background,
  };
  return TRANSFORM_FIELDS.filter((field) => values[field])
    .map((field) => `${field}=${String(values[field])}`)
    .join('&');
}

function assertTogether(transform: Transform): void {
  const { widthPx, heightPx, fit, mayEnlarge, format, quality, background } = transform;
  if (fit && (!widthPx || !heightPx)) throw DomainError.invalid('fit', 'needs width and height');
  if (mayEnlarge && !widthPx && !heightPx) {
    throw DomainError.invalid('enlarge', 'needs width or height');
  }
  if (background && fit !== 'contain') throw DomainError.invalid('background', 'needs fit=contain');
  if (quality && format === 'png') throw noQuality();
}

export function noQuality(): DomainError {
  return DomainError.invalid('quality', 'is not for png, which loses nothing; leave it out');
}

function toText(value: unknown, field: Field): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  throw DomainError.invalid(field, 'must be given once');
}

function toWhole(text: string | undefined, field: Field, max: number): number | undefined {
  if (text === undefined) return undefined;
  if (WHOLE_FORM.test(text) && Number(text) <= max) return Number(text);
  throw DomainError.invalid(field, `must be a whole number from 1 to ${max}`);
}

function toBlur(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const sigma = BLUR_FORM.test(text) ? Number(text) : Number.NaN;
  if (sigma >= BLUR_MIN && sigma <= BLUR_MAX) return sigma;
  throw DomainError.invalid(
    'blur',
    `must be a number from ${BLUR_MIN} to ${BLUR_MAX} with at most two digits behind the point`,
  );
}

function toSwitch(text: string | undefined, field: Field): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw DomainError.invalid(field, 'must be true or false');
}

function toColour(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (COLOUR_FORM.test(text)) return text.toLowerCase();
  throw DomainError.invalid('background', 'must be a colour as rrggbb or rrggbbaa');
}

function toChoice<T extends string>(
  text: string | undefined,
  field: Field,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice) return choice;
  throw DomainError.invalid(field, `must be one of ${choices.join(', ')}`);
}
