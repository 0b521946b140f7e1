import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

/** Fields of the first API; `*` = required. All others are refused. */
const FIELDS =
  'prompt* negative_prompt modelId width height num_images num_inference_steps guidance_scale seed scheduler sd_version presetStyle styleUUID alchemy ultra contrast contrastRatio enhancePrompt enhancePromptInstruction photoReal photoRealVersion photoRealStrength transparency public tiling init_image_id init_generation_image_id init_strength imagePrompts imagePromptWeight controlnets elements userElements canvasRequest canvasRequestType canvasInitId canvasMaskId'.split(
    ' ',
  );
const PARAMETERS = 'prompt* width height quantity seed style_ids prompt_enhance guidances'.split(
  ' ',
);
const UPSCALER =
  'initImageId generatedImageId variationId prompt upscalerStyle creativityStrength upscaleMultiplier ultraUpscaleStyle detailContrast similarity'.split(
    ' ',
  );
const PHOENIX = 'de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3 6b645e3a-d64f-4341-a6d8-7a3690fbf042';
const LUCID = '7b592283-e8a7-4c5a-9ba6-d18c31f258b9 05ce0082-2d80-4a2d-8653-4d1c85e2418e';
const FLUX = 'b2614463-296c-462a-9586-aafdb8f00e36 1dd50843-d653-4516-a8e3-f0238ee453ff';
const PHOTO_REAL =
  'aa77f04e-3eec-4034-9c07-d0f619684628 5c232a9e-9061-4777-980a-ddc8e65647c6 1e60896f-3c26-4296-8ecc-53e2afecc132';
const XL = 'b24e16ff-06e3-43eb-8d33-4416c2d75876 e71a1c2f-4f80-4800-934f-2c68979d8cc8';
const MODELS = [PHOENIX, LUCID, FLUX, PHOTO_REAL, XL].join(' ').split(' ');
const PARTNERS = ['gemini-image-2', 'google/nano-banana-2.1'];
const SCHEDULERS =
  'KLMS EULER_ANCESTRAL_DISCRETE EULER_DISCRETE DDIM DPM_SOLVER PNDM LEONARDO'.split(' ');
const LARGE_PX = 768;
const DEFAULT_COUNT = 4;

export interface LeonardoOrder {
  subject: string;
  count: number;
  widthPx: number;
  heightPx: number;
  format: 'jpeg' | 'png';
  seed: number;
}

/** What the vendor says of a request that is wrong. */
export interface LeonardoFault {
  error: string;
  path: string;
  code: string;
}

type Fields = Record<string, unknown>;

/** Reads a generation as strictly as the vendor does. @param images uploaded before, by id */
export async function readGeneration(
  fields: Fields,
  images: ReadonlyMap<string, Buffer>,
): Promise<LeonardoOrder | LeonardoFault> {
  const fault =
    checkNames(fields, FIELDS) ?? checkSize(fields) ?? checkValues(fields) ?? checkModel(fields);
  if (fault) return fault;
  const unreadable = await checkImages([fields.init_image_id], images);
  if (unreadable) return unreadable;
  return {
    subject: toText(fields.prompt, ''),
    count: Number(fields.num_images ?? DEFAULT_COUNT),
    widthPx: Number(fields.width ?? 1024),
    heightPx: Number(fields.height ?? 768),
    format: fields.transparency === 'foreground_only' ? 'png' : 'jpeg',
    seed: Number(fields.seed ?? 4242),
  };
}

/** A generation of the second API. */
export async function readPartnerGeneration(
  fields: Fields,
  images: ReadonlyMap<string, Buffer>,
): Promise<LeonardoOrder | LeonardoFault> {
  if (!PARTNERS.includes(toText(fields.model, ''))) return toFault('Unknown model');
  const parameters = (fields.parameters ?? {}) as Fields;
  const fault =
    checkNames(fields, ['model', 'parameters', 'public']) ?? checkNames(parameters, PARAMETERS);
  if (fault) return fault;
  const { width = 1024, height = 1024 } = parameters;
  if (width !== 1024 || height !== 1024) return toFault('width and height are no valid pair');
  const { image_reference: references = [] } = (parameters.guidances ?? {}) as {
    image_reference?: { image?: { id?: unknown; type?: unknown }; strength?: unknown }[];
  };
  const areRight = references.every(
    ({ image, strength }) =>
      image?.type === 'UPLOADED' && ['LOW', 'MID', 'HIGH'].includes(toText(strength, '')),
  );
  if (!areRight || references.length > 6) return toFault('guidances/image_reference is invalid');
  const unreadable = await checkImages(
    references.map(({ image }) => image?.id),
    images,
  );
  if (unreadable) return unreadable;
  return {
    subject: toText(parameters.prompt, ''),
    count: Number(parameters.quantity ?? DEFAULT_COUNT),
    widthPx: 1024,
    heightPx: 1024,
    format: 'jpeg',
    seed: Number(parameters.seed ?? 4242),
  };
}

export async function readUpscale(
  fields: Fields,
  images: ReadonlyMap<string, Buffer>,
): Promise<LeonardoOrder | LeonardoFault> {
  const fault = checkNames(fields, UPSCALER);
  if (fault) return fault;
  const multiplier = Number(fields.upscaleMultiplier ?? 2);
  if (multiplier < 1 || multiplier > 2) return toFault('upscaleMultiplier must be from 1 to 2');
  const id = fields.initImageId;
  if (id === undefined) return toFault('one of initImageId, generatedImageId, variationId');
  const unreadable = await checkImages([id], images);
  if (unreadable) return unreadable;
  const { width, height } = await sharp(images.get(toText(id, ''))).metadata();
  return {
    subject: toText(fields.prompt, 'upscaled'),
    count: 1,
    widthPx: Math.round(width * multiplier),
    heightPx: Math.round(height * multiplier),
    format: 'jpeg',
    seed: 0,
  };
}

function checkNames(fields: Fields, names: readonly string[]): LeonardoFault | null {
  const known = names.map((name) => name.replace('*', ''));
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown) return toFault(`Unexpected variable ${unknown}`, 'bad-request');
  const missing = names.find((name) => name.endsWith('*') && !fields[name.slice(0, -1)]);
  if (!missing) return null;
  const error = `expecting a value for non-nullable variable: "${missing.slice(0, -1)}"`;
  return toFault(error, 'validation-failed');
}

function checkSize({ width = 1024, height = 768, num_images = 4 }: Fields): LeonardoFault | null {
  const sides = [Number(width), Number(height)];
  const areRight = sides.every((side) => side >= 32 && side <= 1536 && side % 8 === 0);
  if (!areRight) return toFault('invalid dimensions');
  const most = Math.max(...sides) > LARGE_PX ? 4 : 8;
  const count = Number(num_images);
  return count >= 1 && count <= most ? null : toFault(`num_images must be between 1 and ${most}`);
}

function checkValues(fields: Fields): LeonardoFault | null {
  if (toText(fields.prompt, '').length > 1500) {
    return toFault('Invalid prompt, maximum length of 1500 characters exceeded.');
  }
  for (const name of ['alchemy', 'ultra', 'photoReal', 'tiling', 'public', 'enhancePrompt']) {
    if (fields[name] !== undefined && typeof fields[name] !== 'boolean') {
      const path = `$.selectionSet.sdGenerationJob.args.arg1.${name}`;
      return { error: 'expected a boolean', path, code: 'validation-failed' };
    }
  }
  if (fields.scheduler !== undefined && !SCHEDULERS.includes(toText(fields.scheduler, ''))) {
    return toFault('unexpected value for scheduler', 'validation-failed');
  }
  const strength = Number(fields.init_strength ?? 0.5);
  return strength >= 0.1 && strength <= 0.9 ? null : toFault('init_strength must be 0.1 to 0.9');
}

function checkModel(fields: Fields): LeonardoFault | null {
  const model = toText(fields.modelId, MODELS.at(-2) ?? '');
  if (!MODELS.includes(model)) {
    return toFault(`${model} is not supported within the Production API.`);
  }
  if (fields.alchemy === true && fields.ultra === true) return toFault('alchemy excludes ultra');
  if (fields.alchemy === true && LUCID.includes(model)) return toFault('no alchemy with Lucid');
  if (fields.photoReal === true && !PHOTO_REAL.includes(model)) return toFault('no photoReal');
  const seedMax = FLUX.includes(model) ? 2_147_483_637 : 9_999_999_998;
  return Number(fields.seed ?? 0) <= seedMax ? null : toFault('seed is too large');
}

async function checkImages(
  ids: readonly unknown[],
  images: ReadonlyMap<string, Buffer>,
): Promise<LeonardoFault | null> {
  for (const id of ids.filter((one) => one !== undefined)) {
    const bytes = images.get(toText(id, ''));
    if (!bytes) return toFault('invalid init image id');
    const facts = await sharp(bytes)
      .metadata()
      .catch(() => null);
    if (!facts) return toFault("couldn't access image");
  }
  return null;
}

function toFault(error: string, code = 'unexpected'): LeonardoFault {
  return { error, path: '$', code };
}
