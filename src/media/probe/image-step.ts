import type { ImageFormat } from '../domain/media-asset.js';

export interface ImageFacts {
  format: ImageFormat;
  widthPx: number;
  heightPx: number;
}

/** What a walk through a picture asks for next. */
export type ImageStep =
  /** The next bytes, few; `peek` leaves them in place, `take` keeps them in the picture. */
  | { kind: 'take' | 'peek'; count: number }
  /** Passes over bytes, however many, and keeps them; answers with their CRC-32, begun with `crc`. */
  | { kind: 'skip'; count: number; crc?: number; isPixels?: boolean }
  /** Passes over bytes, however many; the picture loses them. */
  | { kind: 'drop'; count: number }
  /** Passes over bytes, however many; zeros take their place. */
  | { kind: 'blank'; count: number }
  /** The next bytes, up to some hundred thousand; the picture loses them. */
  | { kind: 'collect'; count: number }
  /** Puts bytes into the picture. */
  | { kind: 'emit'; bytes: Uint8Array }
  /** Passes over a JPEG's coded pixels; answers with the marker that ends them and is still to be read. */
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

/** As `skip`, for parts whose checksum nobody asks for. */
export function* keep(count: number): ImageWalk {
  yield { kind: 'skip', count };
}

/** As `skip`, over what the pixels are coded in. */
export function* skipPixels(count: number, crc?: number): ImageWalk<number> {
  return (yield { kind: 'skip', count, crc, isPixels: true }) as number;
}

export function* drop(count: number): ImageWalk {
  yield { kind: 'drop', count };
}

export function* blank(count: number): ImageWalk {
  yield { kind: 'blank', count };
}

/** @param count bounded by the caller: it is held in memory */
export function* collect(count: number): ImageWalk<Buffer> {
  return (yield { kind: 'collect', count }) as Buffer;
}

export function* emit(bytes: Uint8Array): ImageWalk {
  yield { kind: 'emit', bytes };
}

export function* seekMarker(): ImageWalk<number> {
  return (yield { kind: 'seek_marker' }) as number;
}

export function* measured(facts: ImageFacts): ImageWalk {
  yield { kind: 'measured', facts };
}
