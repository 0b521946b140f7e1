import type { MediaAsset } from './domain/media-asset.js';

const MS_PER_S = 1_000;
/** Nothing may run or load. Styles are the browser's own: it lays the picture out in a page that it makes itself. */
const INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** What the headers of a picture say of it. */
export interface PictureFacts {
  etag: string;
  mediaType: string;
  fileName: string;
  /** When its link expires; null = it is served to who may see it, and has to be asked for every time. */
  expiresAt: Date | null;
}

/**
 * Headers under which a picture is served: what it is by content, private to whoever has the link, cached for as
 * long as the link lives, and inert even if a browser is talked into opening it as a page.
 */
export function toPictureHeaders(
  { etag, mediaType, fileName, expiresAt }: PictureFacts,
  now: Date,
): Record<string, string> {
  return {
    'content-type': mediaType,
    'content-disposition': `inline; filename="${fileName}"`,
    'cache-control': toCaching(expiresAt, now),
    'accept-ranges': 'bytes',
    etag,
    'x-content-type-options': 'nosniff',
    'content-security-policy': INERT,
    'cross-origin-resource-policy': 'cross-origin',
  };
}

/** Whether If-None-Match names the picture, so that 304 is the whole answer. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((entry) => {
    const candidate = entry.trim();
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`;
  });
}

/** `generated-<generation>-<index>.<format>`, or the id of what was given: nothing in it comes from a caller. */
export function toFileName(asset: MediaAsset, format: string = asset.format): string {
  if (asset.role !== 'output') return `${asset.id}.${format}`;
  return `generated-${asset.generationId ?? asset.id}-${asset.index}.${format}`;
}

/** The bytes' own hash: the same picture is the same entity wherever it is served. */
export function toEtag(asset: MediaAsset): string {
  return `"${asset.sha256}"`;
}

function toCaching(expiresAt: Date | null, now: Date): string {
  if (!expiresAt) return 'private, no-cache';
  const leftS = Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / MS_PER_S));
  return `private, max-age=${leftS}, immutable`;
}
