import { type MediaAsset, toMediaType } from './domain/media-asset.js';

const MS_PER_S = 1_000;
/** Nothing may run or load. Styles are the browser's own: it lays the picture out in a page that it makes itself. */
const INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Headers under which a picture is served: what it is by content, private to whoever has the link, cached for as
 * long as the link lives, and inert even if a browser is talked into opening it as a page.
 * @param expiresAt when the link expires, as `MediaLinks.verify` told.
 */
export function toImageHeaders(
  asset: MediaAsset,
  { expiresAt, now }: { expiresAt: Date; now: Date },
): Record<string, string> {
  const leftS = Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / MS_PER_S));
  return {
    'content-type': toMediaType(asset.format),
    'content-length': String(asset.sizeBytes),
    'content-disposition': `inline; filename="${toFileName(asset)}"`,
    'cache-control': `private, max-age=${leftS}, immutable`,
    etag: toEtag(asset),
    'x-content-type-options': 'nosniff',
    'content-security-policy': INERT,
    'cross-origin-resource-policy': 'cross-origin',
  };
}

/** Whether If-None-Match names the picture, so that 304 is the whole answer. */
export function isNotModified(ifNoneMatch: string | undefined, asset: MediaAsset): boolean {
  if (ifNoneMatch === undefined) return false;
  const etag = toEtag(asset);
  return ifNoneMatch.split(',').some((entry) => {
    const candidate = entry.trim();
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`;
  });
}

/** `generated-<generation>-<index>.<format>`: nothing in it comes from a caller. */
export function toFileName(asset: MediaAsset): string {
  return `generated-${asset.generationId ?? asset.id}-${asset.index}.${asset.format}`;
}

/** The bytes' own hash: the same picture is the same entity wherever it is served. */
function toEtag(asset: MediaAsset): string {
  return `"${asset.sha256}"`;
}
