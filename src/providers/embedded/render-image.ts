import type { ImageCall } from '../spec/image-call.js';
import type { Sharp } from 'sharp';
import { composeEdit, composeInpaint, composeTryOn } from './compose-inputs.js';
import { composeCutOut, composeOutpaint, composeUpscale } from './compose-tools.js';
import { encodePicture, toPicture } from './encode-picture.js';
import { paintCanvas } from './paint-canvas.js';
import type { ReadImage } from './read-input-image.js';

export interface RenderInputs {
  inputs: readonly ReadImage[];
  mask: ReadImage | null;
}

export const DEFAULT_SIDE_PX = 1_024;
const SIDE_MIN_PX = 16;
/** Longer side of what is painted before it is scaled up. */
const DETAIL_PX: Readonly<Record<string, number>> = {
  low: 192,
  standard: 320,
  medium: 320,
  high: 512,
  hd: 512,
};
const DETAIL_DEFAULT_PX = 320;

/** How much larger a picture becomes that is made larger, where its size is left open. */
const GROWTH: Readonly<Partial<Record<ImageCall['operation'], number>>> = {
  upscale: 2,
  outpaint: 1.5,
};

/** The size asked for; else that of the input, made to fit the default square; else the default square. */
export function toRenderSize(
  call: ImageCall,
  inputs: readonly ReadImage[],
): { widthPx: number; heightPx: number } {
  if (call.widthPx !== null && call.heightPx !== null) {
    return { widthPx: call.widthPx, heightPx: call.heightPx };
  }
  const [first] = inputs;
  if (!first) return { widthPx: DEFAULT_SIDE_PX, heightPx: DEFAULT_SIDE_PX };
  const fit = DEFAULT_SIDE_PX / Math.max(first.widthPx, first.heightPx);
  const scale = Math.min(GROWTH[call.operation] ?? 1, fit);
  const toSide = (sidePx: number): number => Math.max(SIDE_MIN_PX, Math.round(sidePx * scale));
  return { widthPx: toSide(first.widthPx), heightPx: toSide(first.heightPx) };
}

/** One whole picture in the format asked for. The same call, inputs and seed give the same bytes. */
export async function renderImage(
  call: ImageCall,
  { inputs, mask }: RenderInputs,
  seed: number,
): Promise<Buffer> {
  const { widthPx, heightPx } = toRenderSize(call, inputs);
  const isTransparent = call.background === 'transparent';
  const canvas = paintCanvas({
    prompt: call.prompt,
    negativePrompt: call.negativePrompt ?? null,
    style: call.style ?? null,
    seed,
    widthPx,
    heightPx,
    detailPx: DETAIL_PX[call.quality ?? ''] ?? DETAIL_DEFAULT_PX,
    isTransparent: isTransparent && call.operation === 'generate',
  });
  const art = toPicture(canvas, widthPx, heightPx);
  const request = {
    prompt: call.prompt,
    seed,
    widthPx,
    heightPx,
    isTransparent,
    inputs,
    mask,
    art,
  };
  const picture = await compose(call, request);
  return encodePicture(picture, call.outputFormat ?? 'png', call.compression ?? null);
}

function compose(
  call: ImageCall,
  request: Parameters<typeof composeEdit>[0],
): Promise<Sharp> | Sharp {
  if (call.operation === 'generate') return request.art;
  if (call.operation === 'try_on') return composeTryOn(request);
  if (call.operation === 'upscale') return composeUpscale(request);
  if (call.operation === 'outpaint') return composeOutpaint(request);
  if (call.operation === 'remove_background') return composeCutOut(request);
  if (request.mask) return composeInpaint(request, request.mask);
  return composeEdit(request);
}
