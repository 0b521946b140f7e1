// Proves that a picture is known again after what people do to it, that others are told apart, and that what a search
// looks through holds all that is near.
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { toBands, toNearBands } from '../domain/perceptual-hash.js';
import { lookAtPicture } from './look-at-picture.js';

const PIXELS_MAX = 4_000_000;
const NEAR_MAX = 6;
const EDGE_PX = 256;

/** A landscape of soft hills, another for each seed. */
async function paint(seed: number): Promise<Buffer> {
  const pixels = Buffer.alloc(EDGE_PX * EDGE_PX * 3);
  const turn = (factor: number) => ((seed * factor) % 17) / 17;
  for (let y = 0; y < EDGE_PX; y += 1) {
    for (let x = 0; x < EDGE_PX; x += 1) {
      const [u, v] = [x / EDGE_PX, y / EDGE_PX];
      const hills =
        Math.sin(7 * (u + turn(3)) * (1 + turn(5))) +
        Math.cos(9 * (v + turn(7)) * (1 + turn(11))) +
        Math.sin(13 * (u * turn(2) + v * turn(13)));
      const shade = 128 + 40 * hills;
      pixels.set([shade, 255 - shade, 90 + 20 * hills], (y * EDGE_PX + x) * 3);
    }
  }
  const raw = { width: EDGE_PX, height: EDGE_PX, channels: 3 } as const;
  return sharp(pixels, { raw }).png().toBuffer();
}

async function hash(bytes: Buffer): Promise<bigint> {
  const looks = await lookAtPicture(bytes, PIXELS_MAX);
  expect(looks.hash).not.toBeNull();
  return looks.hash!;
}

function measure(left: bigint, right: bigint): number {
  return BigInt.asUintN(64, left ^ right)
    .toString(2)
    .replaceAll('0', '').length;
}

let picture: Buffer;
beforeAll(async () => {
  picture = await paint(4);
});

describe('a picture', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['smaller', () => sharp(picture).resize(90).png().toBuffer()],
    ['larger', () => sharp(picture).resize(700).webp().toBuffer()],
    ['as a poor JPEG', () => sharp(picture).jpeg({ quality: 30 }).toBuffer()],
    ['brighter', () => sharp(picture).modulate({ brightness: 1.15 }).jpeg().toBuffer()],
    [
      'cut at its edges',
      () => sharp(picture).extract({ left: 3, top: 3, width: 250, height: 250 }).jpeg().toBuffer(),
    ],
  ])('is known again %s', async (_what, change) => {
    expect(measure(await hash(picture), await hash(await change()))).toBeLessThanOrEqual(NEAR_MAX);
  });

  it('is told from others', async () => {
    const hashes: bigint[] = [];
    for (let seed = 1; seed <= 12; seed += 1) hashes.push(await hash(await paint(seed)));
    const distances = hashes.flatMap((one, at) =>
      hashes.slice(at + 1).map((other) => measure(one, other)),
    );
    expect(Math.min(...distances)).toBeGreaterThan(NEAR_MAX);
  });

  it('that shows nothing is told by nothing, and has a placeholder all the same', async () => {
    const background = { r: 0, g: 128, b: 128 };
    const flat = sharp({ create: { width: 50, height: 20, channels: 3, background } });
    const looks = await lookAtPicture(await flat.png().toBuffer(), PIXELS_MAX);
    expect(looks.hash).toBeNull();
    expect(looks.thumbhash).toMatch(/^[A-Za-z0-9+/]{6,40}={0,2}$/);
    expect(looks.colour).toMatch(/^#0[0-9a-f]([78][0-9a-f]){2}$/);
  });

  it('is not decoded beyond its bound', async () => {
    await expect(lookAtPicture(picture, 100)).rejects.toThrow('pixel');
  });
});

it('what is near has a band among those that are looked through', () => {
  const start = 0x1234_5678_9abc_def0n;
  for (let distance = 0; distance <= 10; distance += 1) {
    const bands = new Set(toNearBands(start, distance));
    for (let round = 0; round < 200; round += 1) {
      const places = Array.from({ length: 64 }, (_, at) => at)
        .toSorted(
          (left, right) => ((left * 37 + round * 11) % 64) - ((right * 37 + round * 11) % 64),
        )
        .slice(round % 7, (round % 7) + distance);
      const other = places.reduce((bits, at) => bits ^ (1n << BigInt(at)), start);
      expect(toBands(other).some((band) => bands.has(band))).toBe(true);
    }
  }
  expect(toNearBands(start, 10)).toHaveLength(4 * 137);
});
