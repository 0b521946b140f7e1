import { mediaUnreadable } from '../domain/media.errors.js';
import { collect, drop, emit, type ImageWalk, peek, keep } from '../probe/image-step.js';
import {
  RIFF_CHUNK_HEAD_BYTES,
  RIFF_HEAD_BYTES,
  type WebpEditor,
  type WebpStart,
} from '../probe/picture-editor.js';
import { blankPart } from './clean-webp.js';
import {
  hasAlpha,
  toExtendedChunk,
  toExtension,
  toRiffChunkHead,
  toRiffHead,
  VP8X_BYTES,
  WEBP_FLAG,
} from './webp-chunks.js';
import { type ProvenanceMark, toXmpPacket, withVendorType, XMP_BYTES_MAX } from './xmp-packet.js';

/** Of one size, because the header says how long the file will be before the vendor's own XMP has been seen. */
const PACKET_BYTES = 2_048;

/** The mark comes as an XMP chunk behind the pixels; a vendor's XMP and a manifest, which it breaks, become unused room. */
export class MarkWebp implements WebpEditor {
  private vendorXmp: Buffer | null = null;
  private isOdd = false;

  constructor(private readonly mark: ProvenanceMark) {}

  *start({ riffBytes, type, content, widthPx, heightPx }: WebpStart): ImageWalk<number> {
    // Only a last chunk without its padding makes the sum odd.
    this.isOdd = riffBytes % 2 === 1;
    const markedBytes = riffBytes + (riffBytes % 2) + RIFF_CHUNK_HEAD_BYTES + PACKET_BYTES;
    yield* drop(RIFF_HEAD_BYTES);
    if (type === 'VP8X') {
      const sizeBytes = (yield* peek(RIFF_CHUNK_HEAD_BYTES)).readUInt32LE(4);
      yield* drop(VP8X_BYTES);
      const extended = toExtendedChunk(content, content.readUInt8(0) | WEBP_FLAG.xmp);
      extended.writeUInt32LE(sizeBytes, 4);
      yield* emit(toRiffHead(markedBytes));
      yield* emit(extended);
      return VP8X_BYTES;
    }
    if (widthPx === 0) throw mediaUnreadable('the WebP begins with a part that holds no picture');
    const flags = WEBP_FLAG.xmp | (hasAlpha(type, content) ? WEBP_FLAG.alpha : 0);
    yield* emit(toRiffHead(markedBytes + VP8X_BYTES));
    yield* emit(toExtension(widthPx, heightPx, flags));
    return 0;
  }

  *part(type: string, sizeBytes: number, paddingBytes: number): ImageWalk {
    if (type === 'C2PA' || (type === 'XMP ' && sizeBytes > XMP_BYTES_MAX)) {
      yield* blankPart(sizeBytes, paddingBytes);
    } else if (type === 'XMP ') {
      const chunk = yield* collect(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
      this.vendorXmp ??= chunk;
      yield* emit(toRiffChunkHead('JUNK', sizeBytes));
      yield* emit(Buffer.alloc(sizeBytes + paddingBytes));
    } else {
      yield* keep(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
    }
  }

  *end(): ImageWalk {
    if (this.isOdd) yield* emit(Buffer.alloc(1));
    yield* emit(toRiffChunkHead('XMP ', PACKET_BYTES));
    yield* emit(toXmpPacket(withVendorType(this.mark, this.vendorXmp), PACKET_BYTES));
  }
}
