import { Readable } from 'node:stream';
import sharp from 'sharp';
import type { DeliveredImage, ImageCall, InputImage } from '../../src/providers/spec/image-call.js';

/** One delivered picture, read to its end. */
export interface Received {
  index: number;
  url: string | null;
  bytes: Buffer;
}

/** A small call with everything a provider needs; `received` fills as pictures come. */
export function createImageCall(overrides: Partial<ImageCall> = {}): {
  call: ImageCall;
  received: Received[];
} {
  const received: Received[] = [];
  const call: ImageCall = {
    attemptId: '01900000-0000-7000-8000-000000000001',
    model: 'gpt-image-2',
    vendorModel: null,
    operation: 'generate',
    prompt: 'a red fox in snow',
    n: 1,
    widthPx: null,
    heightPx: null,
    inputImages: [],
    providerOptions: {},
    credential: { baseUrl: null, apiKey: null },
    signal: new AbortController().signal,
    deliver: async (image) => {
      received.push(await receive(image));
    },
    ...overrides,
  };
  return { call, received };
}

export async function receive(image: DeliveredImage): Promise<Received> {
  if (image.kind === 'url') return { index: image.index, url: image.url, bytes: Buffer.alloc(0) };
  const parts: Uint8Array[] = [];
  for await (const part of image.bytes) parts.push(part);
  return { index: image.index, url: null, bytes: Buffer.concat(parts) };
}

/** A one-colour picture as an input. */
export async function createInputImage(
  options: { color?: string; widthPx?: number; heightPx?: number; role?: InputImage['role'] } = {},
): Promise<InputImage> {
  const { color = '#3366cc', widthPx = 96, heightPx = 64, role = 'image' } = options;
  const bytes = await sharp({
    create: { width: widthPx, height: heightPx, channels: 4, background: color },
  })
    .png()
    .toBuffer();
  return toInputImage(bytes, role);
}

/** A mask of the same size whose left half may change. */
export async function createMask(widthPx = 96, heightPx = 64): Promise<InputImage> {
  const pixels = Buffer.alloc(widthPx * heightPx * 4, 255);
  for (let at = 0; at < pixels.length; at += 4) {
    if ((at / 4) % widthPx < widthPx / 2) pixels[at + 3] = 0;
  }
  const raw = { width: widthPx, height: heightPx, channels: 4 } as const;
  return toInputImage(await sharp(pixels, { raw }).png().toBuffer(), 'image');
}

export function toInputImage(bytes: Buffer, role: InputImage['role'] = 'image'): InputImage {
  return {
    role,
    name: `${role}.png`,
    mediaType: 'image/png',
    sizeBytes: bytes.length,
    open: () => Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]),
  };
}
