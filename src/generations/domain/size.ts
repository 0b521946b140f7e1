import { DomainError } from '../../common/domain-error.js';

const SIDE_PX_MAX = 16_384;

/** Shapes a caller may ask for instead of pixels; the longer side is 1024. */
const ASPECT_RATIOS: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '3:2': [1536, 1024],
  '2:3': [1024, 1536],
  '4:3': [1024, 768],
  '3:4': [768, 1024],
  '16:9': [1280, 720],
  '9:16': [720, 1280],
};

export const ASPECT_RATIO_NAMES = Object.keys(ASPECT_RATIOS);

/** Pixels asked for; null = the vendor's choice. */
export interface RequestedSize {
  widthPx: number | null;
  heightPx: number | null;
}

/** @throws DomainError `request.invalid` naming `size` or `aspect_ratio`. */
export function toRequestedSize(size?: string, aspectRatio?: string): RequestedSize {
  if (size !== undefined && aspectRatio !== undefined) {
    throw DomainError.invalid('aspect_ratio', 'cannot stand beside size: send one of them');
  }
  if (aspectRatio !== undefined) {
    const [widthPx, heightPx] = ASPECT_RATIOS[aspectRatio] ?? [null, null];
    return { widthPx, heightPx };
  }
  if (size === undefined || size === 'auto') return { widthPx: null, heightPx: null };
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(size.toLowerCase());
  const widthPx = Number(match?.[1]);
  const heightPx = Number(match?.[2]);
  if (!match || !isSide(widthPx) || !isSide(heightPx)) {
    throw DomainError.invalid('size', 'must be WIDTHxHEIGHT in pixels, such as 1024x1024, or auto');
  }
  return { widthPx, heightPx };
}

function isSide(px: number): boolean {
  return px >= 1 && px <= SIDE_PX_MAX;
}
