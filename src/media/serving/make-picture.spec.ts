// Proves what is made of pictures that are not plain: animations, pictures that lie on their side, marked and broken ones.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { TransformPlan } from '../domain/transform-plan.js';
import { MADE_BY_MODEL, toXmpPacket } from '../rewrite/xmp-packet.js';
import { makePicture } from './make-picture.js';

const LIMITS = { pixelsMax: 1_000_000, timeoutS: 30 };
const PNG: TransformPlan = { fit: 'inside', format: 'png' };
const UNREADABLE = expect.objectContaining({ code: 'media.unreadable' });

function paint(width: number, height: number, background: string) {
  return sharp({ create: { width, height, channels: 3, background } });
}

describe('makePicture', () => {
  it('takes the first frame of an animation', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#0000ff'].map((colour) => paint(16, 16, colour).png().toBuffer()),
    );
    const animation = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(animation, { pages: -1 }).metadata()).pages).toBe(2);
    const made = await makePicture(animation, { ...PNG, widthPx: 8 }, LIMITS);
    const { data, info } = await sharp(made).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 8, height: 8 });
    expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('turns a picture as its orientation says, and keeps no EXIF', async () => {
    const lying = await paint(40, 20, '#00ff00').jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const facts = await sharp(await makePicture(lying, { ...PNG, widthPx: 10 }, LIMITS)).metadata();
    expect(facts).toMatchObject({ width: 10, height: 20 });
    expect(facts.exif).toBeUndefined();
  });

  it('keeps the mark of a model and no other XMP', async () => {
    const make = async (xmp: string) => {
      const source = await paint(8, 8, '#fff').jpeg().withXmp(xmp).toBuffer();
      return (await sharp(await makePicture(source, PNG, LIMITS)).metadata()).xmp?.toString();
    };
    const mark = { digitalSourceType: MADE_BY_MODEL, system: 'm', generationId: 'g' };
    expect(await make(toXmpPacket(mark).toString())).toContain(MADE_BY_MODEL);
    expect(await make('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>')).toBeUndefined();
  });

  it('refuses more pixels than may be decoded, what is cut off, and what is no picture', async () => {
    const large = await paint(1_001, 1_000, '#fff').png().toBuffer();
    const whole = await sharp({
      create: {
        width: 90,
        height: 90,
        channels: 3,
        background: '#fff',
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
      .png()
      .toBuffer();
    for (const bytes of [large, whole.subarray(0, 2_000), Buffer.from('<svg/>'), Buffer.alloc(0)]) {
      await expect(makePicture(bytes, PNG, LIMITS)).rejects.toEqual(UNREADABLE);
    }
  });
});
