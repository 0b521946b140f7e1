import sharp from 'sharp';
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';

interface Rule {
  /** `*` = required. */
  fields: readonly string[];
  image: 'none' | 'optional' | 'required';
  /** What the picture is called, where not `image`; and further ones that may come. */
  imageName?: string;
  others?: readonly string[];
  mask?: boolean;
  /** Answers with an id. */
  isLater?: boolean;
}

const SHARED = ['negative_prompt', 'seed', 'output_format'];
const STYLED = [...SHARED, 'style_preset'];
const RULES: Readonly<Record<string, Rule>> = {
  'generate/ultra': {
    fields: ['prompt*', 'strength', 'aspect_ratio', ...STYLED],
    image: 'optional',
  },
  'generate/core': { fields: ['prompt*', 'aspect_ratio', ...STYLED], image: 'none' },
  'generate/sd3': {
    fields: ['prompt*', 'mode', 'model', 'strength', 'aspect_ratio', 'cfg_scale', ...STYLED],
    image: 'optional',
  },
  'edit/inpaint': { fields: ['prompt*', 'grow_mask', ...STYLED], image: 'required', mask: true },
  'edit/erase': { fields: ['grow_mask', 'seed', 'output_format'], image: 'required', mask: true },
  'edit/outpaint': {
    fields: ['left', 'right', 'up', 'down', 'creativity', 'prompt', ...STYLED],
    image: 'required',
  },
  'edit/search-and-replace': {
    fields: ['prompt*', 'search_prompt*', 'grow_mask', ...STYLED],
    image: 'required',
  },
  'edit/search-and-recolor': {
    fields: ['prompt*', 'select_prompt*', 'grow_mask', ...STYLED],
    image: 'required',
  },
  'edit/remove-background': { fields: ['output_format'], image: 'required' },
  'control/sketch': { fields: ['prompt*', 'control_strength', ...STYLED], image: 'required' },
  'control/structure': { fields: ['prompt*', 'control_strength', ...STYLED], image: 'required' },
  'control/style': {
    fields: ['prompt*', 'aspect_ratio', 'fidelity', ...SHARED],
    image: 'required',
  },
  'upscale/fast': { fields: ['output_format'], image: 'required' },
  'upscale/conservative': { fields: ['prompt*', 'creativity', ...SHARED], image: 'required' },
  'upscale/creative': {
    fields: ['prompt*', 'creativity', ...STYLED],
    image: 'required',
    isLater: true,
  },
  'edit/replace-background-and-relight': {
    fields: [
      'background_prompt',
      'foreground_prompt',
      'preserve_original_subject',
      'original_background_depth',
      'keep_original_background',
      'light_source_direction',
      'light_source_strength',
      ...SHARED,
    ],
    image: 'required',
    imageName: 'subject_image',
    others: ['background_reference', 'light_reference'],
    isLater: true,
  },
};

/** About a megapixel, as the models were trained. */
const SIDES: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '16:9': [1344, 768],
  '21:9': [1536, 640],
  '2:3': [832, 1216],
  '3:2': [1216, 832],
  '4:5': [896, 1088],
  '5:4': [1088, 896],
  '9:16': [768, 1344],
  '9:21': [640, 1536],
};
const SD3_MODELS = ['sd3.5-large', 'sd3.5-large-turbo', 'sd3.5-medium', 'sd3.5-flash'];
const SEED_MAX = 4_294_967_294;
const SHARES = ['preserve_original_subject', 'original_background_depth', 'light_source_strength'];
const UPSCALE = 4;
const RANDOM_SEED = 343_940_597;

export interface StabilityOrder {
  prompt: string;
  widthPx: number;
  heightPx: number;
  format: 'png' | 'jpeg' | 'webp';
  seed: number;
}

export function hasEndpoint(name: string): boolean {
  return Object.hasOwn(RULES, name);
}

export function isLater(name: string): boolean {
  return RULES[name]?.isLater ?? false;
}

/** Reads a form as strictly as the vendor does; a text says what is wrong with it. */
export async function readStabilityForm(
  name: string,
  { fields, files }: SimulatedBody,
): Promise<StabilityOrder | string> {
  const rule = RULES[name];
  if (!rule) return 'unknown endpoint';
  const known = rule.fields.map((field) => field.replace('*', ''));
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown) return `${unknown}: is not allowed`;
  const missing = rule.fields.find((field) => field.endsWith('*') && !fields[field.slice(0, -1)]);
  if (missing) return `${missing.slice(0, -1)}: is required`;
  const { imageName = 'image', others = [] } = rule;
  const image = files.find((file) => file.field === imageName);
  const fault = checkValues(fields, image !== undefined) ?? checkNames(rule, files, image);
  if (fault) return fault;
  const size = image ? await readSize(image.bytes) : null;
  if (image && !size) return 'image: could not be decoded';
  const hasBackground = files.some(({ field }) => field === others[0]) || fields.background_prompt;
  if (others.length > 0 && !hasBackground) return 'background_prompt: is required';
  const mask = files.find((file) => file.field === 'mask');
  if (mask && !(await isGreyMask(mask.bytes))) return 'mask: must be black and white';
  return {
    prompt: toText(fields.prompt ?? fields.background_prompt, name),
    ...toSize(name, fields, size),
    format: (fields.output_format as 'png' | undefined) ?? 'png',
    seed: Number(fields.seed ?? 0) || RANDOM_SEED,
  };
}

function checkNames(
  rule: Rule,
  files: SimulatedBody['files'],
  image: SimulatedBody['files'][number] | undefined,
): string | null {
  if (rule.image === 'required' && !image) return `${rule.imageName ?? 'image'}: is required`;
  if (rule.image === 'none' && image) return 'image: is not allowed';
  const known = [rule.imageName ?? 'image', ...(rule.others ?? []), ...(rule.mask ? ['mask'] : [])];
  const others = files.filter(({ field }) => !known.includes(field));
  return others.length > 0 ? `${others[0]?.field}: is not allowed` : null;
}

function checkValues(fields: SimulatedBody['fields'], hasImage: boolean): string | null {
  const {
    seed,
    aspect_ratio: shape,
    output_format: format,
    mode,
    model,
    cfg_scale: scale,
  } = fields;
  const isWrong =
    (shape !== undefined && !Object.hasOwn(SIDES, toText(shape, '')) && 'aspect_ratio') ||
    (format !== undefined &&
      !['png', 'jpeg', 'webp'].includes(toText(format, '')) &&
      'output_format') ||
    (seed !== undefined && !(Number(seed) >= 0 && Number(seed) <= SEED_MAX) && 'seed') ||
    (scale !== undefined && !(Number(scale) >= 1 && Number(scale) <= 10) && 'cfg_scale') ||
    findOutOfRange(fields) ||
    (model !== undefined && !SD3_MODELS.includes(toText(model, '')) && 'model');
  if (isWrong) return `${isWrong}: has an invalid value`;
  if (mode === 'image-to-image' && (!hasImage || fields.strength === undefined)) {
    return 'strength: is required in image-to-image mode';
  }
  if (mode === 'image-to-image' && shape !== undefined) return 'aspect_ratio: is not allowed';
  return hasImage && mode === 'text-to-image' ? 'image: is not allowed' : null;
}

/** From 0 to 1, all of them; `true` and the sides are words. */
function findOutOfRange(fields: SimulatedBody['fields']): string | undefined {
  const { keep_original_background: keep, light_source_direction: side } = fields;
  if (keep !== undefined && keep !== 'true' && keep !== 'false') return 'keep_original_background';
  const sides = ['left', 'right', 'above', 'below'];
  if (side !== undefined && !sides.includes(toText(side, ''))) return 'light_source_direction';
  return SHARES.find((name) => Number(fields[name] ?? 0) < 0 || Number(fields[name] ?? 0) > 1);
}

function toSize(
  name: string,
  fields: SimulatedBody['fields'],
  size: readonly [number, number] | null,
): { widthPx: number; heightPx: number } {
  const number = (field: string): number => Number(fields[field] ?? 0);
  if (size && name === 'edit/outpaint') {
    return {
      widthPx: size[0] + number('left') + number('right'),
      heightPx: size[1] + number('up') + number('down'),
    };
  }
  const factor = name.startsWith('upscale/') ? UPSCALE : 1;
  const [widthPx, heightPx] = size ?? SIDES[toText(fields.aspect_ratio, '1:1')] ?? [0, 0];
  return { widthPx: widthPx * factor, heightPx: heightPx * factor };
}

async function readSize(bytes: Buffer): Promise<readonly [number, number] | null> {
  try {
    const { width, height } = await sharp(bytes).metadata();
    await sharp(bytes).stats();
    return [width, height];
  } catch {
    return null;
  }
}

/** White where the picture is repainted: no alpha, something of both. */
async function isGreyMask(bytes: Buffer): Promise<boolean> {
  const { channels } = await sharp(bytes).stats();
  return channels.length === 1 && channels[0]?.min === 0 && channels[0].max === 255;
}
