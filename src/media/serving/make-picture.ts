import sharp, { type Sharp } from 'sharp';
import { DomainError } from '../../common/domain-error.js';
import type { TransformPlan } from '../domain/transform-plan.js';
import { toPngXmp } from '../rewrite/png-chunks.js';
import { readXmp, toXmpPacket } from '../rewrite/xmp-packet.js';

/** Raised whenever the same plan makes other bytes. */
const PIPELINE = '1';
/** Names what makes the pictures, for their ETags: other libraries make other bytes. */
export const PIPELINE_VERSION = `${PIPELINE} ${sharp.versions.sharp ?? ''} ${sharp.versions.vips}`;

const AVIF_QUALITY = 55;
/** 0 is quickest. Each step above doubles the time, and somebody waits for it. */
const AVIF_EFFORT = 2;
const WEBP_QUALITY = 80;
const WEBP_EFFORT = 3;
const JPEG_QUALITY = 82;
const PNG_COMPRESSION_LEVEL = 6;
/** What one segment of a JPEG takes; ours is a tenth of it. */
const XMP_BYTES_MAX = 60_000;
/** Signature, then the whole of IHDR. */
const PNG_HEAD_BYTES = 33;
const WHITE = '#ffffff';
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 };

export interface MakeLimits {
  pixelsMax: number;
  timeoutS: number;
}

/**
 * Makes a picture of a picture, in the threads of libuv. Of an animation the first frame is taken; it is turned as its
 * orientation says; of what is written beside the pixels only the mark that a model made it is kept.
 * @throws DomainError `media.unreadable`; `request.busy` when it took too long
 */
export async function makePicture(
  source: Buffer,
  plan: TransformPlan,
  { pixelsMax, timeoutS }: MakeLimits,
): Promise<Buffer> {
  try {
    const input = sharp(source, {
      limitInputPixels: pixelsMax,
      sequentialRead: true,
      failOn: 'error',
      pages: 1,
    }).timeout({ seconds: timeoutS });
    const xmp = toMark((await input.metadata()).xmp);
    const output = encode(paint(input, plan), plan);
    if (xmp === null) return await output.toBuffer();
    if (plan.format !== 'png') return await output.withXmp(xmp).toBuffer();
    return withPngXmp(await output.toBuffer(), xmp);
  } catch (error) {
    throw toFault(error, timeoutS);
  }
}

function paint(input: Sharp, plan: TransformPlan): Sharp {
  const { widthPx, heightPx, fit, mayEnlarge, background, format } = plan;
  let picture = input.autoOrient();
  if (widthPx !== undefined || heightPx !== undefined) {
    picture = picture.resize({
      width: widthPx,
      height: heightPx,
      fit,
      withoutEnlargement: !mayEnlarge,
      background: background ? `#${background}` : format === 'jpeg' ? WHITE : CLEAR,
    });
  }
  if (plan.isGreyscale) picture = picture.greyscale();
  if (plan.blurSigma !== undefined) picture = picture.blur(plan.blurSigma);
  if (plan.isSharpened) picture = picture.sharpen();
  return picture;
}

function encode(picture: Sharp, { format, quality, background }: TransformPlan): Sharp {
  switch (format) {
    case 'avif':
      return picture.avif({ quality: quality ?? AVIF_QUALITY, effort: AVIF_EFFORT });
    case 'webp':
      return picture.webp({ quality: quality ?? WEBP_QUALITY, effort: WEBP_EFFORT });
    case 'jpeg':
      return picture
        .flatten({ background: background ? `#${background}` : WHITE })
        .jpeg({ quality: quality ?? JPEG_QUALITY });
    case 'png':
      return picture.png({ compressionLevel: PNG_COMPRESSION_LEVEL });
  }
}

/** Null where nothing says that a model had a part in it. */
function toMark(xmp: Buffer | undefined): string | null {
  if (!xmp) return null;
  const { digitalSourceType, generator, generationId } = readXmp(xmp);
  if (digitalSourceType === null) return null;
  if (xmp.length <= XMP_BYTES_MAX) return xmp.toString('utf8');
  const mark = { digitalSourceType, system: generator ?? '', generationId: generationId ?? '' };
  return toXmpPacket(mark).toString('utf8');
}

/** Written by sharp it would be compressed, which few readers look into. */
function withPngXmp(png: Buffer, xmp: string): Buffer {
  const head = png.subarray(0, PNG_HEAD_BYTES);
  return Buffer.concat([head, toPngXmp(Buffer.from(xmp)), png.subarray(PNG_HEAD_BYTES)]);
}

function toFault(error: unknown, timeoutS: number): DomainError {
  if (String(error).includes('timeout')) {
    return new DomainError(
      'request.busy',
      `The picture was not made within ${timeoutS} s. Ask for a smaller one, or again later.`,
      { retryAfterS: timeoutS, cause: error },
    );
  }
  return new DomainError(
    'media.unreadable',
    'The picture cannot be decoded, so nothing can be made of it.',
    {
      cause: error,
    },
  );
}
