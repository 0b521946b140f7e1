import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { fetchFailed } from './outbound.errors.js';

const DECODERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * Undoes one content encoding as the bytes arrive; a chain of encodings is refused, it has no honest use.
 * @throws DomainError `outbound.fetch_failed` (`encoding_unknown`).
 */
export function decodeBody(
  body: Readable,
  encoding: string | undefined,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  const received = countBytes(body, maxBytes);
  if (name === 'identity' || name === '' || name === 'none') return received;
  const createDecoder = DECODERS.get(name);
  if (!createDecoder) throw fetchFailed('encoding_unknown');
  const decoder = createDecoder();
  // The callback only keeps the error from being unhandled: whoever reads the decoder gets it.
  pipeline(received, decoder, () => undefined);
  return countBytes(decoder, maxBytes);
}

/** Passes bytes on and throws at the first one too many, whatever the host announced. */
async function* countBytes(
  source: AsyncIterable<unknown>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw fetchFailed('too_large');
    yield chunk;
  }
}
