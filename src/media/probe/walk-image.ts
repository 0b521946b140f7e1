import { mediaTypeRefused } from '../domain/media.errors.js';
import { type ImageWalk, peek } from './image-step.js';
import type { PictureEditor } from './picture-editor.js';
import { JPEG_SIGNATURE, walkJpeg } from './walk-jpeg.js';
import { PNG_SIGNATURE, walkPng } from './walk-png.js';
import { walkWebp } from './walk-webp.js';

/** Enough to tell the kinds apart. */
export const SIGNATURE_BYTES = 12;

/** What stands behind the end of a picture: an attempt to be two things at once, or a camera's appendix. */
export type AfterEnd = 'refuse' | 'drop';

/** Tells the kind by content alone and walks it to its end. */
export function* walkImage(editor: PictureEditor): ImageWalk<AfterEnd> {
  const head = yield* peek(SIGNATURE_BYTES);
  if (head.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) {
    yield* walkPng(editor.png);
    return 'refuse';
  }
  if (head.subarray(0, JPEG_SIGNATURE.length).equals(JPEG_SIGNATURE)) {
    yield* walkJpeg(editor.jpeg);
    return 'drop';
  }
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8) === 'WEBP') {
    yield* walkWebp(editor.webp);
    return 'refuse';
  }
  throw mediaTypeRefused('The file is not a picture of a kind that is kept.');
}
