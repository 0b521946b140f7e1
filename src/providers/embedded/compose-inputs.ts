import sharp, { type Sharp } from 'sharp';
import { between, createDigestRandom } from './digest-random.js';
import { INPUT_PIXELS_MAX, type ReadImage } from './read-input-image.js';

export interface ComposeRequest {
  prompt: string;
  seed: number;
  widthPx: number;
  heightPx: number;
  isTransparent: boolean;
  /** The first is what is edited, or the person. */
  inputs: readonly ReadImage[];
  mask: ReadImage | null;
  /** The picture that the prompt alone would give, of the same size. */
  art: Sharp;
}

const WHITE = '#ffffff';
/** How much of the prompt's picture shines through in an edit and in a variation. */
const BLENDS = ['soft-light', 'overlay', 'hard-light'] as const;
/** Where a garment is put on a person who fills the picture: shares of its width and height. */
const GARMENT_WIDTH = 0.5;
const GARMENT_HEIGHT = 0.42;
const GARMENT_CENTER_Y = 0.5;
const HUE_TURN_MIN = 20;
const HUE_TURN_MAX = 340;

/** Changes the first input as a whole: turned hue, the prompt's picture blended over it. */
export async function composeEdit(request: ComposeRequest): Promise<Sharp> {
  const random = createDigestRandom(['edit', request.prompt, request.seed]);
  const blend = BLENDS[Math.floor(random() * BLENDS.length)] ?? 'overlay';
  const hue = Math.round(between(random, HUE_TURN_MIN, HUE_TURN_MAX));
  const turned = await toRaw(cover(request, 0).modulate({ hue }));
  return turned.composite([{ input: await toPng(request.art), blend }]);
}

/** Fills what the mask leaves open (fully transparent there) with the prompt's picture; all else stays as it was. */
export async function composeInpaint(request: ComposeRequest, mask: ReadImage): Promise<Sharp> {
  const { widthPx, heightPx } = request;
  const opening = await sharp(mask.bytes, { limitInputPixels: INPUT_PIXELS_MAX })
    .ensureAlpha()
    .extractChannel('alpha')
    .resize(widthPx, heightPx, { fit: 'fill', kernel: 'nearest' })
    .negate()
    .raw()
    .toBuffer();
  const art = await request.art.removeAlpha().raw().toBuffer();
  const patch = sharp(art, { raw: { width: widthPx, height: heightPx, channels: 3 } }).joinChannel(
    opening,
    { raw: { width: widthPx, height: heightPx, channels: 1 } },
  );
  return (await toRaw(cover(request, 0))).composite([{ input: await toPng(patch) }]);
}

/** Puts the second input over the middle of the first. */
export async function composeTryOn(request: ComposeRequest): Promise<Sharp> {
  const { widthPx, heightPx, inputs } = request;
  const random = createDigestRandom(['try_on', request.prompt, request.seed]);
  const scale = between(random, 0.9, 1.1);
  const garment = await sharp(inputs[1]?.bytes, { limitInputPixels: INPUT_PIXELS_MAX })
    .autoOrient()
    .resize(
      Math.max(1, Math.round(widthPx * GARMENT_WIDTH * scale)),
      Math.max(1, Math.round(heightPx * GARMENT_HEIGHT * scale)),
      { fit: 'inside' },
    )
    .png()
    .toBuffer({ resolveWithObject: true });
  const left = Math.max(0, Math.round((widthPx - garment.info.width) / 2));
  const top = Math.max(0, Math.round(heightPx * GARMENT_CENTER_Y - garment.info.height / 2));
  const brightness = between(random, 0.95, 1.08);
  const person = await toRaw(cover(request, 0).modulate({ brightness }));
  return person.composite([{ input: garment.data, left, top }]);
}

/** The input fills the whole picture, cut where its shape differs. */
function cover(request: ComposeRequest, index: number): Sharp {
  const picture = sharp(request.inputs[index]?.bytes, { limitInputPixels: INPUT_PIXELS_MAX })
    .autoOrient()
    .resize(request.widthPx, request.heightPx, { fit: 'cover' })
    .toColourspace('srgb');
  return request.isTransparent ? picture.ensureAlpha() : picture.flatten({ background: WHITE });
}

/** Ends the pipeline so far: what follows is applied to its result, not before its own steps. */
async function toRaw(picture: Sharp): Promise<Sharp> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return sharp(data, {
    raw: { width: info.width, height: info.height, channels: info.channels },
  });
}

/** Uncompressed, because it only passes from one pipeline to the next. */
function toPng(picture: Sharp): Promise<Buffer> {
  return picture.png({ compressionLevel: 0 }).toBuffer();
}
