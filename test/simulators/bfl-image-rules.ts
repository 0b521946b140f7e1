import sharp from 'sharp';
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';

interface Rule {
  fields: readonly string[];
  /** `*` = required; each is base64. */
  pictures: readonly string[];
  sides?: { min: number; max: number; step: number; pixelsMax: number };
  safetyMax: number;
}

const ALWAYS = ['prompt', 'seed', 'safety_tolerance', 'output_format'];
const FLUX_2_SIDES = { min: 64, max: 65_536, step: 16, pixelsMax: 4_194_304 };
const FLUX_1_SIDES = { min: 256, max: 1_440, step: 32, pixelsMax: 2_073_600 };
const STEPS = ['steps', 'guidance', 'prompt_upsampling'];

function inputs(count: number): string[] {
  return ['input_image', ...Array.from({ length: count - 1 }, (_, at) => `input_image_${at + 2}`)];
}

function flux2(pictures: number, more: readonly string[] = []): Rule {
  const fields = ['width', 'height', ...more];
  return { fields, pictures: inputs(pictures), sides: FLUX_2_SIDES, safetyMax: 5 };
}

const KONTEXT: Rule = {
  fields: ['aspect_ratio', 'prompt_upsampling'],
  pictures: ['input_image'],
  safetyMax: 6,
};

const RULES: Readonly<Record<string, Rule>> = {
  'flux-2-max': flux2(8),
  'flux-2-pro': flux2(8),
  'flux-2-flex': flux2(8, STEPS),
  'flux-2-klein-4b': flux2(4),
  'flux-2-klein-9b': flux2(4),
  'flux-kontext-pro': KONTEXT,
  'flux-kontext-max': KONTEXT,
  'flux-pro-1.1': {
    fields: ['width', 'height', 'prompt_upsampling'],
    pictures: [],
    sides: FLUX_1_SIDES,
    safetyMax: 6,
  },
  'flux-pro-1.1-ultra': {
    fields: ['aspect_ratio', 'prompt_upsampling', 'raw', 'image_prompt_strength'],
    pictures: ['image_prompt'],
    safetyMax: 6,
  },
  'flux-dev': {
    fields: ['width', 'height', ...STEPS],
    pictures: [],
    sides: FLUX_1_SIDES,
    safetyMax: 6,
  },
  'flux-pro-1.0-fill': { fields: STEPS, pictures: ['image*', 'mask'], safetyMax: 6 },
  'flux-pro-1.0-expand': {
    fields: [...STEPS, 'top', 'bottom', 'left', 'right'],
    pictures: ['image*'],
    safetyMax: 6,
  },
  'flux-tools/vto-v2': { fields: [], pictures: ['person*', 'garment*'], safetyMax: 5 },
};

export interface BflOrder {
  prompt: string;
  widthPx: number;
  heightPx: number;
  format: 'png' | 'jpeg' | 'webp';
  seed: number;
  inputs: number;
}

/** What the vendor says of a field that is wrong. */
export interface BflFault {
  field: string;
  message: string;
}

export function hasModel(name: string): boolean {
  return Object.hasOwn(RULES, name);
}

/** Reads a body as strictly as the vendor does. */
export async function readBflOrder(
  name: string,
  { fields }: SimulatedBody,
): Promise<BflOrder | BflFault> {
  const rule = RULES[name] as Rule;
  const pictures = rule.pictures.map((one) => one.replace('*', ''));
  const known = [...ALWAYS, ...rule.fields, ...pictures];
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown) return { field: unknown, message: 'Extra inputs are not permitted' };
  const missing = rule.pictures.find((one) => one.endsWith('*') && !fields[one.slice(0, -1)]);
  if (missing) return { field: missing.slice(0, -1), message: 'Field required' };
  const fault = checkValues(rule, fields);
  if (fault) return fault;
  const sizes: { width: number; height: number }[] = [];
  for (const field of pictures.filter((one) => fields[one] !== undefined)) {
    const size = await readSize(fields[field]);
    if (!size) return { field, message: 'Invalid image' };
    sizes.push(size);
  }
  const [first = { width: 1024, height: 1024 }] = sizes;
  const added = (one: string, other: string) =>
    Number(fields[one] ?? 0) + Number(fields[other] ?? 0);
  return {
    prompt: toText(fields.prompt, name),
    widthPx: Number(fields.width ?? first.width + added('left', 'right')),
    heightPx: Number(fields.height ?? first.height + added('top', 'bottom')),
    format: (fields.output_format as 'png' | undefined) ?? 'jpeg',
    seed: Number(fields.seed ?? 42),
    inputs: sizes.length,
  };
}

function checkValues(rule: Rule, fields: SimulatedBody['fields']): BflFault | null {
  const { sides, safetyMax } = rule;
  if (typeof fields.prompt !== 'string') return { field: 'prompt', message: 'Field required' };
  for (const field of ['width', 'height']) {
    const side = fields[field];
    if (side === undefined || !sides) continue;
    const isRight = Number(side) >= sides.min && Number(side) <= sides.max;
    if (!isRight || Number(side) % sides.step !== 0) return { field, message: 'Invalid size' };
  }
  if (sides && Number(fields.width ?? 0) * Number(fields.height ?? 0) > sides.pixelsMax) {
    return { field: 'width', message: 'Too many pixels' };
  }
  if (Number(fields.safety_tolerance ?? 0) > safetyMax) {
    return { field: 'safety_tolerance', message: `Must be at most ${safetyMax}` };
  }
  const format = fields.output_format ?? 'jpeg';
  return ['jpeg', 'png', 'webp'].includes(format as string)
    ? null
    : { field: 'output_format', message: 'Unknown format' };
}

async function readSize(value: unknown): Promise<{ width: number; height: number } | null> {
  const bytes = Buffer.from(toText(value, ''), 'base64');
  const facts = await sharp(bytes)
    .metadata()
    .catch(() => null);
  return facts && { width: facts.width, height: facts.height };
}
