import { crc32 } from 'node:zlib';
import { assert } from '../../common/assert.js';
import { mediaTooManyPixels, mediaTypeRefused, mediaUnreadable } from '../domain/media.errors.js';
import type { ImageFacts, ImageStep } from './image-step.js';
import { KEEP_ALL, type PictureEditor } from './picture-editor.js';
import { type AfterEnd, walkImage } from './walk-image.js';

const NOTHING = Buffer.alloc(0);
/** A marker of a JPEG: all that a search through coded pixels may need of the next chunk. */
const MARKER_BYTES = 2;

export interface ProbeOptions {
  /** Default: nothing is changed. */
  editor?: PictureEditor;
  /** Sees the bytes that the pixels are coded in, as they pass, to be read before the chunk is used again. */
  onPixels?: (bytes: Uint8Array, facts: ImageFacts) => void;
}

/**
 * Checks, measures and edits a picture while it streams by: kind by content, structure to the very end, size in pixels.
 * No pixel is decoded and no native decoder sees a byte of it. What it holds back is a few dozen bytes, and single
 * small parts that its editor looks into. What stays of a chunk is answered as pieces of that chunk, not copied.
 */
export class ImageProbe {
  private readonly walk: ReturnType<typeof walkImage>;
  private readonly onPixels: ProbeOptions['onPixels'] | null;
  private step: ImageStep | null = null;
  /** Bytes that a step needs together and that came in different chunks. */
  private pending: Buffer = NOTHING;
  private passedBytes = 0;
  private collected: Buffer[] = [];
  private crc = 0;
  private isEmpty = true;
  /** 1 = the kind of the file is not known yet. */
  private stepsCount = 0;
  private facts: ImageFacts | null = null;
  private afterEnd: AfterEnd | null = null;
  private kept: Uint8Array[] = [];

  constructor(
    private readonly pixelsMax: number,
    { editor = KEEP_ALL, onPixels }: ProbeOptions = {},
  ) {
    this.walk = walkImage(editor);
    this.onPixels = onPixels ?? null;
    this.advance(NOTHING);
  }

  /**
   * @returns what follows in the picture that is kept, to be read before the chunk is used again.
   * @throws DomainError `media.type_refused`, `media.unreadable`, `media.too_large`.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.kept = [];
    if (chunk.byteLength === 0) return this.kept;
    this.isEmpty = false;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    // What a step waits for is completed by itself, so that no chunk is copied for the sake of a few bytes.
    while (this.pending.length > 0 && this.step && at < bytes.length) {
      const wantedBytes = 'count' in this.step ? this.step.count : MARKER_BYTES;
      const end = Math.min(at + wantedBytes - this.pending.length, bytes.length);
      const joined = Buffer.concat([this.pending, bytes.subarray(at, end)]);
      at = end;
      const used = this.run(joined);
      this.pending = used < joined.length ? joined.subarray(used) : NOTHING;
    }
    if (at < bytes.length) at += this.run(at === 0 ? bytes : bytes.subarray(at));
    // A copy: the source may use its buffer again.
    if (this.step && at < bytes.length) this.pending = Buffer.from(bytes.subarray(at));
    if (!this.step) this.endWith(this.pending.length + bytes.length - at);
    return this.kept;
  }

  /**
   * Called when all bytes have passed.
   * @throws DomainError as `push`.
   */
  finish(): ImageFacts {
    if (this.isEmpty) throw mediaUnreadable('the file is empty');
    if (this.stepsCount === 1) {
      throw mediaTypeRefused('The file is too short to be a picture.');
    }
    if (this.step) throw mediaUnreadable('the file ends before the picture does');
    assert(this.facts, 'a walk ended without a size');
    return this.facts;
  }

  private endWith(behindBytes: number): void {
    this.pending = NOTHING;
    if (behindBytes > 0 && this.afterEnd === 'refuse') {
      throw mediaTypeRefused('The file goes on behind the end of its picture.');
    }
  }

  /** Feeds the walk for as long as the bytes last. @returns how many it is through with. */
  private run(buffer: Buffer): number {
    let at = 0;
    /** From where on bytes stay and were not handed on yet. */
    let from = 0;
    const handOn = (end: number, next: number): void => {
      if (end > from) this.kept.push(buffer.subarray(from, end));
      from = next;
    };
    for (let step = this.step; step; step = this.step) {
      switch (step.kind) {
        case 'measured':
          this.measure(step.facts);
          this.advance(NOTHING);
          break;
        case 'emit':
          handOn(at, at);
          this.kept.push(step.bytes);
          this.advance(NOTHING);
          break;
        case 'take':
        case 'peek': {
          if (buffer.length - at < step.count) return (handOn(at, at), at);
          const answer = buffer.subarray(at, at + step.count);
          if (step.kind === 'take') at += step.count;
          this.advance(answer);
          break;
        }
        case 'skip':
        case 'drop':
        case 'blank':
        case 'collect': {
          const end = Math.min(at + step.count - this.passedBytes, buffer.length);
          const passed = buffer.subarray(at, end);
          if (step.kind !== 'skip') handOn(at, end);
          this.pass(step, passed);
          at = end;
          if (this.passedBytes < step.count) return (handOn(at, at), at);
          this.advance(step.kind === 'collect' ? Buffer.concat(this.collected) : this.crc);
          break;
        }
        case 'seek_marker': {
          const found = findMarker(buffer, at);
          this.seePixels(buffer.subarray(at, found.at));
          at = found.at;
          if (found.marker === null) return (handOn(at, at), at);
          this.advance(found.marker);
          break;
        }
      }
    }
    handOn(at, at);
    return at;
  }

  private pass(
    step: Extract<ImageStep, { kind: 'skip' | 'drop' | 'blank' | 'collect' }>,
    bytes: Buffer,
  ): void {
    this.passedBytes += bytes.length;
    if (bytes.length === 0) return;
    if (step.kind === 'blank') this.kept.push(Buffer.alloc(bytes.length));
    else if (step.kind === 'collect') this.collected.push(Buffer.from(bytes));
    else if (step.kind === 'skip') {
      if (step.crc !== undefined) this.crc = crc32(bytes, this.crc);
      if (step.isPixels) this.seePixels(bytes);
    }
  }

  private advance(answer: Buffer | number): void {
    const result = this.walk.next(answer);
    this.stepsCount += 1;
    this.step = result.done ? null : result.value;
    if (result.done) this.afterEnd = result.value;
    this.passedBytes = 0;
    this.collected = [];
    this.crc = this.step?.kind === 'skip' ? (this.step.crc ?? 0) : 0;
  }

  private seePixels(bytes: Uint8Array): void {
    if (this.facts) this.onPixels?.(bytes, this.facts);
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
    else return { at, marker: next };
  }
}
