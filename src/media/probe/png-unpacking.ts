import { createInflate } from 'node:zlib';
import { mediaUnreadable } from '../domain/media.errors.js';
import type { ImageFacts } from './image-step.js';

/** The deepest kind: four samples of two bytes. */
const PIXEL_BYTES_MAX = 8;
/** A line begins with its filter, and an interlaced picture has up to two lines for each of its own, and some more. */
const LINE_BYTES_MAX = 4;
const SPARE_BYTES = 64;

/**
 * Unpacks the pixels of a PNG as they pass, to nothing, off the main thread. One that unpacks to more than its size has
 * room for was made to fill the memory of whoever opens it.
 */
export class PngUnpacking {
  private readonly inflate = createInflate();
  private readonly bytesMax: number;
  private unpackedBytes = 0;
  /** Its end was reached, or nobody can unpack it further. */
  private isOver = false;
  private go: () => void = () => undefined;

  constructor({ widthPx, heightPx }: ImageFacts) {
    this.bytesMax = heightPx * (widthPx * PIXEL_BYTES_MAX + LINE_BYTES_MAX) + SPARE_BYTES;
    this.inflate.on('data', (part: Buffer) => this.count(part.length));
    for (const name of ['error', 'end', 'close']) this.inflate.on(name, () => this.end());
  }

  /**
   * @param bytes are read until this answers
   * @throws DomainError `media.unreadable`
   */
  async pass(bytes: Uint8Array): Promise<void> {
    if (!this.isOver) {
      await new Promise<void>((resolve) => {
        this.go = resolve;
        this.inflate.write(bytes, () => resolve());
      });
    }
    if (this.unpackedBytes <= this.bytesMax) return;
    throw mediaUnreadable('it unpacks to more pixels than its size has');
  }

  end(): void {
    this.isOver = true;
    this.inflate.destroy();
    this.go();
  }

  private count(sizeBytes: number): void {
    this.unpackedBytes += sizeBytes;
    if (this.unpackedBytes > this.bytesMax) this.end();
  }
}
