import { type ImageWalk, peek } from '../probe/image-step.js';
import { JPEG_FRAME_BYTES, type JpegEditor } from '../probe/picture-editor.js';
import { APP1, APP11, toJpegXmp, XMP_EXTENSION_NAME, XMP_NAME } from './jpeg-segments.js';
import { isManifestBegin, MANIFEST_BEGIN_BYTES } from './manifest-begin.js';
import { type BlockKind, MarkBlocks } from './mark-blocks.js';
import type { ProvenanceMark } from './xmp-packet.js';

/** Before the box: `JP`, number of the box, number of the segment. */
const BOX_AT = 8;
const JUMBF_NAME = 'JP';

/** The mark comes as an APP1 segment before the first tables. */
export class MarkJpeg implements JpegEditor {
  readonly blocks: MarkBlocks;

  constructor(mark: ProvenanceMark) {
    this.blocks = new MarkBlocks(mark, toJpegXmp);
  }

  *segment(marker: number, sizeBytes: number): ImageWalk {
    yield* this.blocks.pass(yield* toKind(marker, sizeBytes), JPEG_FRAME_BYTES + sizeBytes);
  }

  *beforeTables(): ImageWalk {
    yield* this.blocks.decide();
  }
}

/** Looks only, takes nothing. */
export function* toKind(marker: number, sizeBytes: number): ImageWalk<BlockKind> {
  if (marker === APP11 && sizeBytes >= BOX_AT + MANIFEST_BEGIN_BYTES) {
    const begin = yield* peek(JPEG_FRAME_BYTES + BOX_AT + MANIFEST_BEGIN_BYTES);
    const content = begin.subarray(JPEG_FRAME_BYTES);
    const isBox = content.toString('latin1', 0, 2) === JUMBF_NAME;
    return isBox && isManifestBegin(content.subarray(BOX_AT)) ? 'manifest' : 'other';
  }
  if (marker !== APP1) return 'other';
  const names = [XMP_NAME, XMP_EXTENSION_NAME].filter((name) => sizeBytes >= name.length);
  for (const name of names) {
    const begin = yield* peek(JPEG_FRAME_BYTES + name.length);
    if (begin.subarray(JPEG_FRAME_BYTES).equals(name)) return 'xmp';
  }
  return 'other';
}
