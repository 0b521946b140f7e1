import sharp, { type Sharp } from 'sharp';
import { assert } from '../../common/assert.js';
import type { ComposeRequest } from './compose-inputs.js';
import { cutOut, MASK_SIDE_MAX_PX } from './cut-out.js';
import { INPUT_PIXELS_MAX } from './read-input-image.js';

/** How much an enlarged picture is sharpened, in pixels of radius. */
const SHARPEN_SIGMA = 0.8;
/** Softens the edge of a cut-out, in pixels of the enlarged mask. */
const EDGE_SIGMA = 0.7;

/** The input enlarged to the whole size, its edges drawn in again. */
export function composeUpscale(request: ComposeRequest): Sharp {
  const { widthPx, heightPx } = request;
  return open(request)
    .resize(widthPx, heightPx, { fit: 'cover', kernel: 'lanczos3' })
    .sharpen({ sigma: SHARPEN_SIGMA });
}

/** The input as it is in the middle, what the prompt gives around it. */
export async function composeOutpaint(request: ComposeRequest): Promise<Sharp> {
  const { widthPx, heightPx, art } = request;
  const inner = await open(request)
    .resize(widthPx, heightPx, { fit: 'inside', withoutEnlargement: true })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const ground = await art.png({ compressionLevel: 0 }).toBuffer();
  return sharp(ground).composite([{ input: inner, gravity: 'centre' }]);
}

/** What hangs together with the border in colour becomes transparent. */
export async function composeCutOut(request: ComposeRequest): Promise<Sharp> {
  const { widthPx, heightPx } = request;
  const picture = open(request).resize(widthPx, heightPx, { fit: 'cover' });
  const pixels = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert(pixels.info.channels === 3, 'a picture in colours has three channels');
  const raw = { width: widthPx, height: heightPx, channels: 3 as const };
  const small = await sharp(pixels.data, { raw })
    .resize(MASK_SIDE_MAX_PX, MASK_SIDE_MAX_PX, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = small.info;
  const mask = await sharp(cutOut(small.data, width, height), {
    raw: { width, height, channels: 1 },
  })
    .resize(widthPx, heightPx, { fit: 'fill', kernel: 'cubic' })
    .blur(EDGE_SIGMA)
    .extractChannel(0)
    .raw()
    .toBuffer();
  return sharp(pixels.data, { raw }).joinChannel(mask, {
    raw: { width: widthPx, height: heightPx, channels: 1 },
  });
}

function open({ inputs }: ComposeRequest): Sharp {
  return sharp(inputs[0]?.bytes, { limitInputPixels: INPUT_PIXELS_MAX })
    .autoOrient()
    .toColourspace('srgb');
}
