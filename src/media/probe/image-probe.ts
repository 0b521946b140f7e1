import { crc32 } from 'node:zlib';
import { assert } from '../../common/assert.js';
import { mediaTooManyPixels, mediaTypeRefused, mediaUnreadable } from '../domain/media.errors.js';
import type { ImageFacts, ImageStep } from './image-step.js';
import { type AfterEnd, walkImage } from './walk-image.js';

const NOTHING = Buffer.alloc(0);

/**
 * Checks and measures a picture while it streams by: kind by content, structure to the very end, size in pixels.
 * No pixel is decoded and no native decoder sees a byte of it; what it holds back is a few dozen bytes.
 */
export class ImageProbe {
  private readonly walk = walkImage();
  private step: ImageStep | null;
  /** Bytes that a step needs together and that came in different chunks. */
  private pending: Buffer = NOTHING;
  private skippedBytes = 0;
  private crc = 0;
  private isEmpty = true;
  private facts: ImageFacts | null = null;
  private afterEnd: AfterEnd | null = null;

  constructor(private readonly pixelsMax: number) {
    this.step = null;
    this.advance(0);
  }

  /**
   * @returns the part of the chunk that belongs to the picture: all of it but what a camera put behind the end.
   * @throws DomainError `media.type_refused`, `media.unreadable`, `media.too_large`.
   */
  push(chunk: Uint8Array): Uint8Array {
    if (chunk.byteLength === 0) return chunk;
    this.isEmpty = false;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const buffer = this.pending.length > 0 ? Buffer.concat([this.pending, bytes]) : bytes;
    const used = this.run(buffer);
    if (this.step) {
      // A copy: the source may use its buffer again.
      this.pending = used < buffer.length ? Buffer.from(buffer.subarray(used)) : NOTHING;
      return chunk;
    }
    this.pending = NOTHING;
    const behindBytes = buffer.length - used;
    if (behindBytes > 0 && this.afterEnd === 'refuse') {
      throw mediaTypeRefused('The file goes on behind the end of its picture.');
    }
    return chunk.subarray(0, chunk.byteLength - behindBytes);
  }

  /**
   * Called when all bytes have passed.
   * @throws DomainError as `push`.
   */
  finish(): ImageFacts {
    if (this.isEmpty) throw mediaUnreadable('the file is empty');
    if (!this.facts && this.step?.kind === 'peek') {
      throw mediaTypeRefused('The file is too short to be a picture.');
    }
    if (this.step) throw mediaUnreadable('the file ends before the picture does');
    assert(this.facts, 'a walk ended without a size');
    return this.facts;
  }

  /** Feeds the walk for as long as the bytes last. @returns how many it is through with. */
  private run(buffer: Buffer): number {
    let at = 0;
    for (let step = this.step; step; step = this.step) {
      switch (step.kind) {
        case 'measured':
          this.measure(step.facts);
          this.advance(0);
          break;
        case 'take':
        case 'peek': {
          if (buffer.length - at < step.count) return at;
          const answer = buffer.subarray(at, at + step.count);
          if (step.kind === 'take') at += step.count;
          this.advance(answer);
          break;
        }
        case 'skip': {
          const end = Math.min(at + step.count - this.skippedBytes, buffer.length);
          if (step.crc !== undefined && end > at) {
            this.crc = crc32(buffer.subarray(at, end), this.crc);
          }
          this.skippedBytes += end - at;
          at = end;
          if (this.skippedBytes < step.count) return at;
          this.advance(this.crc);
          break;
        }
        case 'seek_marker': {
          const found = findMarker(buffer, at);
          at = found.at;
          if (found.marker === null) return at;
          this.advance(found.marker);
          break;
        }
      }
    }
    return at;
  }

  private advance(answer: Buffer | number): void {
    const result = this.walk.next(answer);
    this.step = result.done ? null : result.value;
    if (result.done) this.afterEnd = result.value;
    this.skippedBytes = 0;
    this.crc = this.step?.kind === 'skip' ? (this.step.crc ?? 0) : 0;
  }

  private measure(facts: ImageFacts): void {
    if (facts.widthPx * facts.heightPx > this.pixelsMax) throw mediaTooManyPixels(this.pixelsMax);
    this.facts = facts;
  }
}

/** Inside a scan 0xff is followed by 0x00 (stuffing), a restart marker, or the marker that ends the scan. */
function findMarker(buffer: Buffer, from: number): { at: number; marker: number | null } {
  for (let at = from; ;) {
    at = buffer.indexOf(0xff, at);
    if (at === -1) return { at: buffer.length, marker: null };
    const next = buffer[at + 1];
    if (next === undefined) return { at, marker: null };
    if (next === 0xff) at += 1;
    else if (next === 0x00 || (next >= 0xd0 && next <= 0xd7)) at += 2;
    else return { at: at + 2, marker: next };
  }
}
