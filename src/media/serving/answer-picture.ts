import type { StoredBytes } from '../domain/media-storage.strategy.js';
import { isNotModified, toPictureHeaders } from '../to-image-headers.js';
import { readRange } from './byte-range.js';
import type { ServedPicture } from './served-picture.js';

/** What is asked of a picture, besides its address. */
export interface PictureRequest {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface PictureAnswer {
  status: 200 | 206 | 304 | 416;
  headers: Record<string, string>;
  /** Null: the answer has no body. */
  stream: StoredBytes['stream'] | null;
}

/**
 * GET and HEAD of a picture, with what RFC 9110 says of conditions and ranges: If-None-Match first, then Range, which
 * holds for GET alone and only while If-Range names these very bytes.
 * @throws what preparing or opening the picture throws
 */
export async function answerPicture(
  picture: ServedPicture,
  { method, headers: asked }: PictureRequest,
  now: Date,
): Promise<PictureAnswer> {
  const headers = toPictureHeaders(picture, now);
  if (isNotModified(toText(asked['if-none-match']), picture.etag)) {
    return { status: 304, headers, stream: null };
  }
  const bytes = await picture.prepare();
  const whole = { ...headers, 'content-length': String(bytes.sizeBytes) };
  if (method === 'HEAD') return { status: 200, headers: whole, stream: null };
  const range = mayTakePart(toText(asked['if-range']), picture.etag)
    ? readRange(toText(asked.range), bytes.sizeBytes)
    : 'whole';
  if (range === 'whole') return { status: 200, headers: whole, stream: await bytes.open() };
  if (range === 'unsatisfiable') {
    const none = { ...headers, 'content-range': `bytes */${bytes.sizeBytes}` };
    return { status: 416, headers: { ...none, 'content-length': '0' }, stream: null };
  }
  const { start, end } = range;
  const part = {
    ...headers,
    'content-length': String(end - start + 1),
    'content-range': `bytes ${start}-${end}/${bytes.sizeBytes}`,
  };
  return { status: 206, headers: part, stream: await bytes.open(range) };
}

/** Compared strongly: a weak tag, or a date, is not these very bytes. */
function mayTakePart(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}

function toText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
