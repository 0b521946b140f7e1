import { deflateSync } from 'node:zlib';
import { collect, drop, emit, type ImageWalk, keep } from '../probe/image-step.js';
import { PNG_FRAME_BYTES, type PngEditor } from '../probe/picture-editor.js';
import { readOrientation, toOrientationTiff, UPRIGHT } from './exif-orientation.js';
import { ICC_BYTES_MAX, readPngProfile } from './icc-profile.js';
import { toPngChunk } from './png-chunks.js';

/** What the pixels look right by, and the frames of an animation. */
const KEPT: ReadonlySet<string> = new Set([
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'sBIT',
  'bKGD',
  'hIST',
  'pHYs',
  'cICP',
  'mDCV',
  'cLLI',
  'acTL',
  'fcTL',
  'fdAT',
]);
const EXIF_READ_BYTES = 65_536;
const HEAD_BYTES = 8;
const PROFILE_NAME = Buffer.from('ICC\0\0', 'latin1');

export class CleanPng implements PngEditor {
  private hasOrientation = false;

  *ancillary(type: string, sizeBytes: number): ImageWalk {
    const wholeBytes = PNG_FRAME_BYTES + sizeBytes;
    if (KEPT.has(type)) yield* keep(wholeBytes);
    else if (type === 'iCCP' && sizeBytes <= ICC_BYTES_MAX) yield* this.keepProfile(wholeBytes);
    else if (type === 'eXIf') yield* this.keepOrientation(wholeBytes);
    else yield* drop(wholeBytes);
  }

  *beforePixels(): ImageWalk {}

  /** Under no name of its own. */
  private *keepProfile(wholeBytes: number): ImageWalk {
    const chunk = yield* collect(wholeBytes);
    const profile = readPngProfile(chunk.subarray(HEAD_BYTES, -4));
    if (!profile) return;
    yield* emit(toPngChunk('iCCP', Buffer.concat([PROFILE_NAME, deflateSync(profile)])));
  }

  private *keepOrientation(wholeBytes: number): ImageWalk {
    const readBytes = Math.min(wholeBytes, EXIF_READ_BYTES);
    const chunk = yield* collect(readBytes);
    yield* drop(wholeBytes - readBytes);
    const orientation = readOrientation(chunk.subarray(HEAD_BYTES));
    if (orientation === null || orientation === UPRIGHT || this.hasOrientation) return;
    this.hasOrientation = true;
    yield* emit(toPngChunk('eXIf', toOrientationTiff(orientation)));
  }
}
