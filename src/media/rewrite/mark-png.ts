import { type ImageWalk, peek } from '../probe/image-step.js';
import { PNG_FRAME_BYTES, type PngEditor } from '../probe/picture-editor.js';
import { isManifestBegin, MANIFEST_BEGIN_BYTES } from './manifest-begin.js';
import { type BlockKind, MarkBlocks } from './mark-blocks.js';
import { toPngXmp, XMP_KEYWORD } from './png-chunks.js';
import type { ProvenanceMark } from './xmp-packet.js';

const HEAD_BYTES = 8;
const RAW_KEYWORD = Buffer.from('Raw profile type xmp\0', 'latin1');
const TEXT_CHUNKS: ReadonlySet<string> = new Set(['iTXt', 'zTXt', 'tEXt']);

/** The mark comes as an uncompressed iTXt chunk before the first pixels. */
export class MarkPng implements PngEditor {
  readonly blocks: MarkBlocks;

  constructor(mark: ProvenanceMark) {
    this.blocks = new MarkBlocks(mark, toPngXmp);
  }

  *ancillary(type: string, sizeBytes: number): ImageWalk {
    yield* this.blocks.pass(yield* toKind(type, sizeBytes), PNG_FRAME_BYTES + sizeBytes);
  }

  *beforePixels(): ImageWalk {
    yield* this.blocks.decide();
  }
}

/** Looks only, takes nothing. */
export function* toKind(type: string, sizeBytes: number): ImageWalk<BlockKind> {
  if (type === 'caBX' && sizeBytes >= MANIFEST_BEGIN_BYTES) {
    const begin = yield* peek(HEAD_BYTES + MANIFEST_BEGIN_BYTES);
    return isManifestBegin(begin.subarray(HEAD_BYTES)) ? 'manifest' : 'other';
  }
  if (!TEXT_CHUNKS.has(type) || sizeBytes < RAW_KEYWORD.length) return 'other';
  const keyword = (yield* peek(HEAD_BYTES + RAW_KEYWORD.length)).subarray(HEAD_BYTES);
  const isXmp =
    keyword.equals(RAW_KEYWORD) || keyword.subarray(0, XMP_KEYWORD.length).equals(XMP_KEYWORD);
  return isXmp ? 'xmp' : 'other';
}
