import { between, type Random } from './digest-random.js';

export type Rgb = readonly [red: number, green: number, blue: number];

const SHADES = 256;
const CHANNELS = 3;
const STOPS = 5;
const DEGREES = 360;
const BYTE_MAX = 255;

/** Words of a prompt that set the leading hue, in degrees. */
const HUES: Readonly<Record<string, number>> = {
  red: 2,
  fire: 14,
  sunset: 18,
  orange: 28,
  autumn: 30,
  desert: 38,
  gold: 46,
  yellow: 54,
  lime: 82,
  forest: 128,
  green: 130,
  teal: 176,
  cyan: 188,
  ocean: 202,
  sea: 204,
  sky: 208,
  blue: 220,
  night: 236,
  indigo: 248,
  violet: 272,
  purple: 284,
  magenta: 312,
  pink: 338,
};

/** 256 shades from dark to light, as RGB bytes, around a hue that the prompt's words or else its digest choose. */
export function choosePalette(prompt: string, random: Random): Uint8Array {
  const hue = findHue(prompt) ?? random() * DEGREES;
  // Neighbouring hues calm a picture, opposite ones wake it up.
  const spread = between(random, 14, 70) * (random() < 0.5 ? -1 : 1);
  const saturation = between(random, 0.45, 0.85);
  const stops = Array.from({ length: STOPS }, (_, step): Rgb => {
    const share = step / (STOPS - 1);
    const shift = spread * (share - 0.5) + (random() < 0.12 ? DEGREES / 2 : 0);
    return toRgb(hue + shift, saturation, 0.12 + 0.74 * share + between(random, -0.06, 0.06));
  });
  return toShades(stops);
}

function findHue(prompt: string): number | null {
  const words = prompt.toLowerCase().match(/[a-z]+/g) ?? [];
  const word = words.find((candidate) => Object.hasOwn(HUES, candidate));
  return word === undefined ? null : (HUES[word] ?? null);
}

function toShades(stops: readonly Rgb[]): Uint8Array {
  const shades = new Uint8Array(SHADES * CHANNELS);
  for (let shade = 0; shade < SHADES; shade += 1) {
    const at = (shade / (SHADES - 1)) * (stops.length - 1);
    const from = stops[Math.floor(at)] as Rgb;
    const to = stops[Math.ceil(at)] as Rgb;
    const share = at - Math.floor(at);
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      const start = from[channel] as number;
      shades[shade * CHANNELS + channel] = start + ((to[channel] as number) - start) * share;
    }
  }
  return shades;
}

/** HSL, hue in degrees of any size, the others 0 to 1, to bytes. */
function toRgb(hue: number, saturation: number, lightness: number): Rgb {
  const light = Math.min(Math.max(lightness, 0.04), 0.96);
  const chroma = saturation * Math.min(light, 1 - light);
  const channel = (offset: number): number => {
    const step = (((offset + hue / 30) % 12) + 12) % 12;
    return (light - chroma * Math.max(-1, Math.min(step - 3, 9 - step, 1))) * BYTE_MAX;
  };
  return [channel(0), channel(8), channel(4)];
}
