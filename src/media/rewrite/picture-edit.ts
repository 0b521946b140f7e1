import { KEEP_ALL, type PictureEditor } from '../probe/picture-editor.js';
import { createCleaner } from './clean-editor.js';
import { MarkJpeg } from './mark-jpeg.js';
import { MarkPng } from './mark-png.js';
import { MarkWebp } from './mark-webp.js';
import type { ProvenanceMark } from './xmp-packet.js';

/** What is done to a picture on its way into the store. */
export type PictureEdit =
  /** What callers give loses all that is not the picture. */
  | { kind: 'clean' }
  /** What a model made is marked as such. */
  | { kind: 'mark'; mark: ProvenanceMark }
  /** Every byte stays: it has been through here before. */
  | { kind: 'keep' };

export interface EditInUse extends PictureEditor {
  /** Whether the picture came with a C2PA manifest of its maker, and was left as it is for its sake. */
  readonly hasManifest: boolean;
}

export function toEditor(edit: PictureEdit): EditInUse {
  if (edit.kind === 'clean') return { ...createCleaner(), hasManifest: false };
  if (edit.kind === 'keep') return { ...KEEP_ALL, hasManifest: false };
  const [png, jpeg] = [new MarkPng(edit.mark), new MarkJpeg(edit.mark)];
  return {
    png,
    jpeg,
    webp: new MarkWebp(edit.mark),
    get hasManifest() {
      return png.blocks.hasManifest || jpeg.blocks.hasManifest;
    },
  };
}
