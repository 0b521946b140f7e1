import { choosePalette } from './choose-palette.js';
import { between, createDigestRandom, type Random } from './digest-random.js';
import { chooseScene } from './scenes.js';

export interface Canvas {
  /** RGB, or RGBA when transparent. */
  pixels: Buffer;
  widthPx: number;
  heightPx: number;
  channels: 3 | 4;
}

export interface CanvasRequest {
  prompt: string;
  negativePrompt: string | null;
  style: string | null;
  seed: number;
  widthPx: number;
  heightPx: number;
  /** Longer side of what is painted; a larger picture is this one scaled up. */
  detailPx: number;
  isTransparent: boolean;
}

const SHADE_MAX = 255;
const SIDE_MIN_PX = 2;
/** How softly a transparent picture ends, as a share of its shorter side. */
const RIM = 0.03;

/** Paints the picture of a prompt and seed: the same one each time, at any size the same composition. */
export function paintCanvas(request: CanvasRequest): Canvas {
  const { prompt, negativePrompt, style, seed, isTransparent } = request;
  const random = createDigestRandom([prompt, negativePrompt, style, seed]);
  const scale = Math.min(1, request.detailPx / Math.max(request.widthPx, request.heightPx));
  const widthPx = Math.max(SIDE_MIN_PX, Math.round(request.widthPx * scale));
  const heightPx = Math.max(SIDE_MIN_PX, Math.round(request.heightPx * scale));
  const channels = isTransparent ? 4 : 3;
  const canvas: Canvas = {
    pixels: Buffer.allocUnsafe(widthPx * heightPx * channels),
    widthPx,
    heightPx,
    channels,
  };
  paintScene(canvas, choosePalette(prompt, random), random);
  if (isTransparent) cutOut(canvas, random);
  return canvas;
}

function paintScene(canvas: Canvas, palette: Uint8Array, random: Random): void {
  const { pixels, widthPx, heightPx, channels } = canvas;
  const scene = chooseScene(random, widthPx / heightPx);
  let at = 0;
  for (let row = 0; row < heightPx; row += 1) {
    const y = row / heightPx;
    for (let column = 0; column < widthPx; column += 1) {
      const shade = Math.min(Math.max(scene(column / heightPx, y), 0), 1);
      const color = Math.floor(shade * SHADE_MAX) * 3;
      pixels[at] = palette[color] as number;
      pixels[at + 1] = palette[color + 1] as number;
      pixels[at + 2] = palette[color + 2] as number;
      at += channels;
    }
  }
}

/** Leaves a rounded form in the middle and makes all around it transparent. */
function cutOut(canvas: Canvas, random: Random): void {
  const { pixels, widthPx, heightPx } = canvas;
  const radius = between(random, 0.36, 0.46);
  /** 2 is an ellipse, more comes closer to a rectangle. */
  const power = between(random, 2, 5);
  for (let row = 0; row < heightPx; row += 1) {
    const y = Math.abs(row / heightPx - 0.5) / radius;
    for (let column = 0; column < widthPx; column += 1) {
      const x = Math.abs(column / widthPx - 0.5) / radius;
      const distance = (x ** power + y ** power) ** (1 / power);
      const alpha = Math.min(Math.max((1 - distance) / RIM, 0), 1);
      pixels[(row * widthPx + column) * 4 + 3] = Math.round(alpha * SHADE_MAX);
    }
  }
}
