import type { PictureEditor } from '../probe/picture-editor.js';
import { CleanJpeg } from './clean-jpeg.js';
import { CleanPng } from './clean-png.js';
import { CleanWebp } from './clean-webp.js';

/** Takes out of a picture everything that says where, when, by whom and with what it was made. */
export function createCleaner(): PictureEditor {
  return { png: new CleanPng(), jpeg: new CleanJpeg(), webp: new CleanWebp() };
}
