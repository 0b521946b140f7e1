import { createHash } from 'node:crypto';
import { mediaTooLarge } from '../domain/media.errors.js';
import { ImageProbe } from '../probe/image-probe.js';
import type { ImageFacts } from '../probe/image-step.js';
import type { FoundMark } from '../rewrite/xmp-packet.js';
import { ReadMarks } from './read-marks.js';

export interface InspectLimits {
  bytesMax: number;
  pixelsMax: number;
  /** Of a picture with a manifest, which is held whole to be verified. */
  heldBytesMax: number;
}

export interface Inspection extends ImageFacts {
  sha256: string;
  sizeBytes: number;
  /** Hash of what the pixels are coded in: the same for files that differ only in what stands beside. */
  pixelsSha256: string;
  mark: FoundMark;
  hasManifest: boolean;
  /** The whole file, if it has a manifest before its pixels and is small enough. */
  bytes: Buffer | null;
}

/**
 * What a file says of itself, read in one pass without decoding it.
 * @throws DomainError `media.type_refused`, `media.too_large`, `media.unreadable`
 */
export async function inspectPicture(
  source: AsyncIterable<Uint8Array>,
  limits: InspectLimits,
): Promise<Inspection> {
  const marks = new ReadMarks();
  const [hash, pixels] = [createHash('sha256'), createHash('sha256')];
  const probe = new ImageProbe(limits.pixelsMax, {
    editor: marks.editor,
    onPixels: (bytes) => void pixels.update(bytes),
  });
  let held: Uint8Array[] | null = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limits.bytesMax) throw mediaTooLarge(limits.bytesMax);
    hash.update(chunk);
    probe.push(chunk);
    const isHeld = marks.hasManifest || !marks.hasBegun;
    held = isHeld && sizeBytes <= limits.heldBytesMax ? held : null;
    held?.push(Buffer.from(chunk));
  }
  const facts = probe.finish();
  return {
    ...facts,
    sha256: hash.digest('hex'),
    sizeBytes,
    pixelsSha256: pixels.digest('hex'),
    mark: marks.mark,
    hasManifest: marks.hasManifest,
    bytes: marks.hasManifest && held ? Buffer.concat(held) : null,
  };
}
