import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

interface Rule {
  /** `*` = required. */
  fields: readonly string[];
  pictures: readonly string[];
  /** Whether it answers with a list. */
  isList: boolean;
  format: PictureFormat;
}

type PictureFormat = 'png' | 'jpeg' | 'webp';

const FLUX = [
  'prompt*',
  'aspect_ratio',
  'num_outputs',
  'num_inference_steps',
  'seed',
  'output_format',
  'output_quality',
  'go_fast',
  'megapixels',
  'disable_safety_checker',
];
const VTON = '0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985';

const RULES: Readonly<Record<string, Rule>> = {
  'black-forest-labs/flux-schnell': { fields: FLUX, pictures: [], isList: true, format: 'webp' },
  'black-forest-labs/flux-dev': {
    fields: [...FLUX, 'guidance', 'prompt_strength'],
    pictures: ['image'],
    isList: true,
    format: 'webp',
  },
  'black-forest-labs/flux-1.1-pro': {
    fields: [
      'prompt*',
      'aspect_ratio',
      'width',
      'height',
      'seed',
      'output_format',
      'output_quality',
      'prompt_upsampling',
      'safety_tolerance',
    ],
    pictures: ['image_prompt'],
    isList: false,
    format: 'webp',
  },
  'ideogram-ai/ideogram-v3-quality': {
    fields: ['prompt*', 'aspect_ratio', 'seed', 'magic_prompt_option', 'style_type', 'resolution'],
    pictures: [],
    isList: false,
    format: 'png',
  },
  [VTON]: {
    fields: ['garment_des', 'category', 'crop', 'force_dc', 'mask_only', 'steps', 'seed'],
    pictures: ['human_img*', 'garm_img*'],
    isList: false,
    format: 'jpeg',
  },
};
const FORMATS: Readonly<Record<string, PictureFormat>> = { jpg: 'jpeg', png: 'png', webp: 'webp' };
const OUTPUTS_MAX = 4;
const INLINE_CHARS_MAX = 256_000;

export interface ReplicateOrder {
  subject: string;
  count: number;
  isList: boolean;
  widthPx: number;
  heightPx: number;
  format: PictureFormat;
  /** An input was no picture: the model finds out when it runs. */
  isUnreadable: boolean;
}

export interface ReplicateFault {
  field: string;
  description: string;
}

/** @param name of an official model, or a version */
export function hasModel(name: string): boolean {
  return Object.hasOwn(RULES, name);
}

/** Reads an input as strictly as the vendor does. @param files uploaded before, by address */
export async function readReplicateInput(
  name: string,
  input: Record<string, unknown>,
  files: ReadonlyMap<string, Buffer>,
): Promise<ReplicateOrder | ReplicateFault> {
  const rule = RULES[name] as Rule;
  const all = [...rule.fields, ...rule.pictures];
  const known = all.map((field) => field.replace('*', ''));
  const unknown = Object.keys(input).find((field) => !known.includes(field));
  if (unknown) return { field: unknown, description: 'Additional property is not allowed' };
  const missing = all.find((field) => field.endsWith('*') && !input[field.slice(0, -1)]);
  if (missing) {
    return { field: missing.slice(0, -1), description: `${missing.slice(0, -1)} is required` };
  }
  const count = Number(input.num_outputs ?? 1);
  if (count < 1 || count > OUTPUTS_MAX)
    return { field: 'num_outputs', description: 'Must be 1 to 4' };
  const format = toText(input.output_format, '');
  if (input.output_format !== undefined && !Object.hasOwn(FORMATS, format)) {
    return { field: 'output_format', description: 'Must be one of webp, jpg, png' };
  }
  if ((input.aspect_ratio === 'custom') !== (input.width !== undefined)) {
    return { field: 'aspect_ratio', description: 'custom needs a width and a height' };
  }
  const sizes = await readSizes(rule, input, files);
  if (!Array.isArray(sizes)) return sizes;
  const [first] = sizes;
  return {
    subject: toText(input.prompt, name),
    count,
    isList: rule.isList,
    widthPx: Number(input.width ?? first?.width ?? 1024),
    heightPx: Number(input.height ?? first?.height ?? 1024),
    format: FORMATS[format] ?? rule.format,
    isUnreadable: sizes.includes(null),
  };
}

async function readSizes(
  rule: Rule,
  input: Record<string, unknown>,
  files: ReadonlyMap<string, Buffer>,
): Promise<({ width: number; height: number } | null)[] | ReplicateFault> {
  const sizes: ({ width: number; height: number } | null)[] = [];
  for (const field of rule.pictures.map((one) => one.replace('*', ''))) {
    const value = input[field];
    if (value === undefined) continue;
    const url = toText(value, '');
    if (url.startsWith('data:') && url.length > INLINE_CHARS_MAX) {
      return { field, description: 'Data URLs may have 256 kB' };
    }
    const base64 = /^data:image\/\w+;base64,(.*)$/s.exec(url)?.[1];
    const bytes = base64 === undefined ? files.get(url) : Buffer.from(base64, 'base64');
    if (!bytes) return { field, description: 'Does not match format uri' };
    sizes.push(
      await sharp(bytes)
        .metadata()
        .then(
          ({ width, height }) => ({ width, height }),
          () => null,
        ),
    );
  }
  return sizes;
}
