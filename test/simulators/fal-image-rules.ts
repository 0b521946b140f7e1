import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

type PictureFormat = 'png' | 'jpeg' | 'webp';
type Size = { width: number; height: number };

interface Rule {
  /** `*` = required. */
  fields: readonly string[];
  pictures: readonly string[];
  /** Whether its answer has `image` instead of a list. */
  isSingle: boolean;
  format: PictureFormat;
  formats: readonly string[];
  /** Of its pictures, when nothing else decides it. */
  size: Size;
}

const FLUX =
  'prompt* image_size num_inference_steps guidance_scale seed num_images enable_safety_checker output_format sync_mode';
const PRO = 'prompt* seed num_images output_format safety_tolerance enhance_prompt sync_mode';
const KONTEXT = `${PRO} guidance_scale aspect_ratio`;

function rule(fields: string, pictures: string, extra: Partial<Rule> = {}): Rule {
  const given = { fields: fields.split(' '), pictures: pictures.split(' ').filter(Boolean) };
  const facts = { isSingle: false, format: 'jpeg', formats: ['jpeg', 'png'] } as const;
  return { ...given, ...facts, size: { width: 1024, height: 768 }, ...extra };
}

const RULES: Readonly<Record<string, Rule>> = {
  'fal-ai/flux/schnell': rule(FLUX, ''),
  'fal-ai/flux/dev': rule(FLUX, ''),
  'fal-ai/flux/dev/image-to-image': rule(
    `${FLUX.replace(' image_size', '')} strength`,
    'image_url*',
  ),
  'fal-ai/flux-pro/v1.1': rule(`${PRO} image_size enable_safety_checker`, ''),
  'fal-ai/flux-pro/kontext': rule(KONTEXT, 'image_url*'),
  'fal-ai/flux-pro/kontext/text-to-image': rule(KONTEXT, ''),
  'fal-ai/fashn/tryon/v1.6': rule(
    'category mode garment_photo_type moderation_level segmentation_free seed num_samples output_format sync_mode',
    'model_image* garment_image*',
    { format: 'png', size: { width: 864, height: 1296 } },
  ),
  'fal-ai/kling/v1-5/kolors-virtual-try-on': rule(
    'sync_mode',
    'human_image_url* garment_image_url*',
    { isSingle: true, format: 'png' },
  ),
  'fal-ai/clarity-upscaler': rule(
    'prompt negative_prompt upscale_factor creativity resemblance guidance_scale num_inference_steps seed enable_safety_checker',
    'image_url*',
    { isSingle: true, format: 'png' },
  ),
  'fal-ai/birefnet/v2': rule(
    'model operating_resolution output_mask refine_foreground output_format sync_mode',
    'image_url*',
    { isSingle: true, format: 'png', formats: ['png', 'webp', 'gif'] },
  ),
};
const NAMED_SIZES: Readonly<Record<string, Size>> = {
  square_hd: { width: 1024, height: 1024 },
  square: { width: 512, height: 512 },
  portrait_4_3: { width: 768, height: 1024 },
  portrait_16_9: { width: 576, height: 1024 },
  landscape_4_3: { width: 1024, height: 768 },
  landscape_16_9: { width: 1024, height: 576 },
};
const SHAPES = ['21:9', '16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16', '9:21'];
const PIXELS = 1_048_576;
const OUTPUTS_MAX = 4;

export interface FalOrder {
  subject: string;
  count: number;
  isSingle: boolean;
  size: Size;
  format: PictureFormat;
  seed: number;
}

/** What the model says of an input that is wrong. */
export interface FalFault {
  loc: string[];
  msg: string;
  type: string;
}

export function hasApp(path: string): boolean {
  return Object.hasOwn(RULES, path);
}

/** Reads an input as strictly as the model does: when it runs. @param files uploaded before, by address */
export async function readFalInput(
  path: string,
  fields: Record<string, unknown>,
  files: ReadonlyMap<string, Buffer>,
): Promise<FalOrder | FalFault> {
  const app = RULES[path] as Rule;
  const all = [...app.fields, ...app.pictures];
  const known = all.map((field) => field.replace('*', ''));
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown) return toFault(unknown, 'extra fields not permitted', 'extra_forbidden');
  const missing = all.find((field) => field.endsWith('*') && !fields[field.slice(0, -1)]);
  if (missing) return toFault(missing.slice(0, -1), 'field required', 'missing');
  const fault = checkValues(app, fields);
  if (fault) return fault;
  const sizes: Size[] = [];
  for (const field of app.pictures.map((one) => one.replace('*', ''))) {
    const size = await readPicture(toText(fields[field], ''), files);
    if (!size) return toFault(field, 'Failed to load the image', 'image_load_error');
    sizes.push(size);
  }
  return {
    subject: toText(fields.prompt, path),
    count: Number(fields.num_images ?? fields.num_samples ?? 1),
    isSingle: app.isSingle,
    size: toSize(app, fields, sizes[0] ?? null),
    format: (fields.output_format as PictureFormat | undefined) ?? app.format,
    seed: Number(fields.seed ?? 42),
  };
}

function checkValues(app: Rule, fields: Record<string, unknown>): FalFault | null {
  const count = Number(fields.num_images ?? fields.num_samples ?? 1);
  if (count < 1 || count > OUTPUTS_MAX) {
    return toFault('num_images', 'must be from 1 to 4', 'less_than_equal');
  }
  const format = fields.output_format ?? app.format;
  if (!app.formats.includes(toText(format, ''))) {
    return toFault('output_format', 'unexpected value', 'enum');
  }
  const tolerance = fields.safety_tolerance ?? '2';
  if (typeof tolerance !== 'string' || !/^[1-6]$/.test(tolerance)) {
    return toFault('safety_tolerance', 'unexpected value', 'enum');
  }
  const shape = fields.aspect_ratio ?? '1:1';
  if (!SHAPES.includes(toText(shape, ''))) {
    return toFault('aspect_ratio', 'unexpected value', 'enum');
  }
  const size = fields.image_size;
  const isNamed = typeof size === 'string' && Object.hasOwn(NAMED_SIZES, size);
  if (size === undefined || isNamed || typeof size === 'object') return null;
  return toFault('image_size', 'unexpected value', 'enum');
}

function toSize(app: Rule, fields: Record<string, unknown>, given: Size | null): Size {
  const { image_size: size, aspect_ratio: shape, upscale_factor: factor } = fields;
  if (typeof size === 'string') return NAMED_SIZES[size] as Size;
  if (size !== undefined) return size as Size;
  if (app.fields.includes('upscale_factor') && given) {
    const times = Number(factor ?? 2);
    return { width: given.width * times, height: given.height * times };
  }
  if (typeof shape === 'string') return toShapeSize(shape);
  return app.fields.includes('num_samples') ? app.size : (given ?? app.size);
}

function toShapeSize(shape: string): Size {
  const [width = 1, height = 1] = shape.split(':').map(Number);
  const toSide = (ratio: number) => Math.round(Math.sqrt(PIXELS * ratio) / 16) * 16;
  return { width: toSide(width / height), height: toSide(height / width) };
}

async function readPicture(url: string, files: ReadonlyMap<string, Buffer>): Promise<Size | null> {
  const base64 = /^data:image\/\w+;base64,(.*)$/s.exec(url)?.[1];
  const bytes = base64 === undefined ? files.get(url) : Buffer.from(base64, 'base64');
  const facts = await sharp(bytes ?? Buffer.alloc(0))
    .metadata()
    .catch(() => null);
  return facts && { width: facts.width, height: facts.height };
}

function toFault(field: string, msg: string, type: string): FalFault {
  return { loc: ['body', field], msg, type };
}
