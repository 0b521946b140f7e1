/** Longer side of the picture in which figure and ground are told apart. */
export const MASK_SIDE_MAX_PX = 512;

const CHANNELS = 3;
/** Farthest that a pixel of the ground may be from its neighbour, and from the mean colour of the border. */
const STEP_MAX = 18;
const DRIFT_MAX = 96;
const OPAQUE = 255;

/**
 * Tells the figure from the ground: what is reached from the border without a leap in colour is ground.
 * @param pixels RGB, row by row
 * @returns one byte a pixel, 0 for the ground and 255 for the figure
 */
export function cutOut(pixels: Uint8Array, widthPx: number, heightPx: number): Buffer {
  const mask = Buffer.alloc(widthPx * heightPx, OPAQUE);
  const border = listBorder(widthPx, heightPx);
  const mean = toMean(pixels, border);
  const stack = border.filter((pixel) => distance(pixels, pixel, mean) <= DRIFT_MAX);
  for (const pixel of stack) mask[pixel] = 0;
  for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
    const colour = pixels.subarray(pixel * CHANNELS, (pixel + 1) * CHANNELS);
    for (const neighbour of listNeighbours(pixel, widthPx, heightPx)) {
      if (mask[neighbour] === 0) continue;
      if (distance(pixels, neighbour, colour) > STEP_MAX) continue;
      if (distance(pixels, neighbour, mean) > DRIFT_MAX) continue;
      mask[neighbour] = 0;
      stack.push(neighbour);
    }
  }
  return mask;
}

function listBorder(widthPx: number, heightPx: number): number[] {
  const border: number[] = [];
  for (let x = 0; x < widthPx; x += 1) border.push(x, (heightPx - 1) * widthPx + x);
  for (let y = 0; y < heightPx; y += 1) border.push(y * widthPx, y * widthPx + widthPx - 1);
  return [...new Set(border)];
}

function listNeighbours(pixel: number, widthPx: number, heightPx: number): number[] {
  const x = pixel % widthPx;
  const found: number[] = [];
  if (x > 0) found.push(pixel - 1);
  if (x < widthPx - 1) found.push(pixel + 1);
  if (pixel >= widthPx) found.push(pixel - widthPx);
  if (pixel < widthPx * (heightPx - 1)) found.push(pixel + widthPx);
  return found;
}

function toMean(pixels: Uint8Array, border: readonly number[]): number[] {
  const sums = [0, 0, 0];
  for (const pixel of border) {
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      sums[channel]! += pixels[pixel * CHANNELS + channel]!;
    }
  }
  return sums.map((sum) => sum / border.length);
}

/** The largest difference of a channel. */
function distance(pixels: Uint8Array, pixel: number, colour: ArrayLike<number>): number {
  let most = 0;
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const far = Math.abs(pixels[pixel * CHANNELS + channel]! - colour[channel]!);
    if (far > most) most = far;
  }
  return most;
}
