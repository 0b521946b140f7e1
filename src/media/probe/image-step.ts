import type { ImageFormat } from '../domain/media-asset.js';

export interface ImageFacts {
  format: ImageFormat;
  widthPx: number;
  heightPx: number;
}

/** What a walk through a picture asks for next. */
export type ImageStep =
  /** The next bytes, few; `peek` leaves them in place. */
  | { kind: 'take' | 'peek'; count: number }
  /** Passes over bytes, however many; answers with their CRC-32, begun with `crc`. */
  | { kind: 'skip'; count: number; crc?: number }
  /** Passes over a JPEG's coded pixels; answers with the marker that ends them. */
  | { kind: 'seek_marker' }
  /** Tells the size as soon as it is known, so that a picture too large is not read on. */
  | { kind: 'measured'; facts: ImageFacts };

/** A walk is written as if all bytes were there and runs as they arrive: a generator that is fed. */
export type ImageWalk<T = void> = Generator<ImageStep, T, Buffer | number>;

export function* take(count: number): ImageWalk<Buffer> {
  return (yield { kind: 'take', count }) as Buffer;
}

export function* peek(count: number): ImageWalk<Buffer> {
  return (yield { kind: 'peek', count }) as Buffer;
}

export function* skip(count: number, crc?: number): ImageWalk<number> {
  return (yield { kind: 'skip', count, crc }) as number;
}

export function* seekMarker(): ImageWalk<number> {
  return (yield { kind: 'seek_marker' }) as number;
}

export function* measured(facts: ImageFacts): ImageWalk {
  yield { kind: 'measured', facts };
}
