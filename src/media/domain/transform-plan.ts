import { DomainError } from '../../common/domain-error.js';
import type { MediaAsset } from './media-asset.js';
import {
  type Fit,
  type MadeFormat,
  noQuality,
  toTransformQuery,
  type Transform,
} from './transform.js';

/** A transform of a certain picture: nothing about it is open any more. */
export interface TransformPlan extends Transform {
  fit: Fit;
  format: MadeFormat;
}

/** As large as WebP can be. */
const MADE_SIDE_PX_MAX = 16_383;
const MADE_PIXELS_MAX = 16_777_216;

const MEDIA_TYPES: Readonly<Record<MadeFormat, string>> = {
  avif: 'image/avif',
  webp: 'image/webp',
  jpeg: 'image/jpeg',
  png: 'image/png',
};

export function toMadeMediaType(format: MadeFormat): string {
  return MEDIA_TYPES[format];
}

/**
 * @throws DomainError `request.invalid` for what this picture cannot be made into: PNG with a quality, or more pixels
 * than are made.
 */
export function planTransform(asset: MediaAsset, transform: Transform): TransformPlan {
  const plan = {
    ...transform,
    fit: transform.fit ?? 'inside',
    format: transform.format ?? asset.format,
  };
  if (plan.quality && plan.format === 'png') throw noQuality();
  assertSize(asset, plan);
  return plan;
}

/** The same text for the same pixels in the same format. */
export function toPlanText(plan: TransformPlan): string {
  return toTransformQuery(plan);
}

/** As it may lie on its side, both ways must be possible. */
function assertSize({ widthPx, heightPx }: MediaAsset, plan: TransformPlan): void {
  assertScaled(widthPx, heightPx, plan);
  assertScaled(heightPx, widthPx, plan);
}

/** What it is scaled to before anything is cut off or added. */
function assertScaled(widthPx: number, heightPx: number, plan: TransformPlan): void {
  const wide = plan.widthPx === undefined ? undefined : plan.widthPx / widthPx;
  const high = plan.heightPx === undefined ? undefined : plan.heightPx / heightPx;
  const scales = [wide, high].filter((scale) => scale !== undefined);
  const isCovering = plan.fit === 'cover' || plan.fit === 'outside';
  const scale = isCovering ? Math.max(...scales) : Math.min(...scales);
  const wanted = scales.length === 0 ? 1 : scale;
  const factor = plan.mayEnlarge ? wanted : Math.min(1, wanted);
  const isFilled = plan.fit === 'fill' || (plan.fit === 'contain' && plan.mayEnlarge);
  const width = isFilled ? plan.widthPx! : Math.round(widthPx * factor);
  const height = isFilled ? plan.heightPx! : Math.round(heightPx * factor);
  const isTooLong = Math.max(width, height) > MADE_SIDE_PX_MAX;
  if (!isTooLong && width * height <= MADE_PIXELS_MAX) return;
  throw DomainError.invalid(
    'width',
    `must be told, or smaller: no pictures of more than ${MADE_PIXELS_MAX} pixels, or ${MADE_SIDE_PX_MAX} on a side, are made`,
  );
}
