import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

/** What the simulator answers to a body it does not take. */
export interface VertexRefusal {
  code: number;
  status: string;
  message: string;
}

export interface TryOnOrder {
  count: number;
  widthPx: number;
  heightPx: number;
  format: 'png' | 'jpeg';
  /** What tells one order from another in the picture. */
  subject: string;
}

type Fields = Readonly<Record<string, unknown>>;

const BODY_FIELDS = ['instances', 'parameters', 'labels'];
const INSTANCE_FIELDS = ['personImage', 'productImages'];
const PARAMETERS = [
  'sampleCount',
  'baseSteps',
  'seed',
  'addWatermark',
  'personGeneration',
  'safetySetting',
  'storageUri',
  'outputOptions',
  'enhancePrompt',
];
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  personGeneration: ['dont_allow', 'allow_adult', 'allow_all'],
  safetySetting: ['block_low_and_above', 'block_medium_and_above', 'block_only_high', 'block_none'],
};
const SAMPLES_MAX = 4;
const SEED_MAX = 4_294_967_295;
const INLINE_BYTES_MAX = 7_000_000;
const INPUT_FORMATS = ['png', 'jpeg'];

/** Reads a body of the try-on model's predict as strictly as the vendor does. */
export async function readTryOn(body: Fields): Promise<TryOnOrder | VertexRefusal> {
  const instances = (body.instances as unknown[] | undefined) ?? [];
  const instance = toFields(instances[0]);
  const parameters = toFields(body.parameters);
  const fault =
    findUnknown(body, BODY_FIELDS, '') ??
    findUnknown(instance, INSTANCE_FIELDS, 'instances[0]') ??
    findUnknown(parameters, PARAMETERS, 'parameters') ??
    (instances.length === 1 ? null : invalid('Exactly one instance is required.')) ??
    checkParameters(parameters);
  if (fault) return fault;
  const products = (instance.productImages as unknown[] | undefined) ?? [];
  if (products.length !== 1) return invalid('Exactly one product image is required.');
  const person = await readPicture(instance.personImage);
  const product = await readPicture(products[0]);
  if ('code' in person) return person;
  if ('code' in product) return product;
  const mimeType = toFields(parameters.outputOptions).mimeType ?? 'image/png';
  return {
    count: Number(parameters.sampleCount ?? 1),
    widthPx: person.width,
    heightPx: person.height,
    format: mimeType === 'image/jpeg' ? 'jpeg' : 'png',
    subject: `${Number(parameters.seed ?? 0)}:${person.width}x${product.width}`,
  };
}

function checkParameters(parameters: Fields): VertexRefusal | null {
  const { sampleCount = 1, baseSteps = 32, seed, addWatermark } = parameters;
  const { mimeType = 'image/png', compressionQuality = 75 } = toFields(parameters.outputOptions);
  if (!isWhole(sampleCount, 1, SAMPLES_MAX)) return invalid('sampleCount must be from 1 to 4.');
  if (!isWhole(baseSteps, 1, SEED_MAX)) return invalid('baseSteps must be greater than 0.');
  if (seed !== undefined && !isWhole(seed, 0, SEED_MAX)) return invalid('seed is out of range.');
  if (seed !== undefined && addWatermark !== false) {
    return invalid('Seed is not supported when watermark is enabled.');
  }
  if (mimeType !== 'image/png' && mimeType !== 'image/jpeg') return invalid('mimeType is unknown.');
  if (!isWhole(compressionQuality, 0, 100)) return invalid('compressionQuality is out of range.');
  const wrong = Object.entries(CHOICES).find(
    ([name, words]) =>
      parameters[name] !== undefined && !words.includes(toText(parameters[name], '')),
  );
  return wrong ? invalid(`${wrong[0]} is unknown.`) : null;
}

async function readPicture(
  value: unknown,
): Promise<{ width: number; height: number } | VertexRefusal> {
  const data = toFields(toFields(value).image).bytesBase64Encoded;
  if (typeof data !== 'string' || data === '') return invalid('Image is required.');
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > INLINE_BYTES_MAX) return invalid('Image is too large.');
  try {
    const { width, height, format } = await sharp(bytes).metadata();
    await sharp(bytes).stats();
    if (INPUT_FORMATS.includes(format)) return { width, height };
  } catch {
    // Told below.
  }
  return invalid('Image could not be decoded. Supported formats are JPEG and PNG.');
}

function findUnknown(fields: Fields, known: readonly string[], at: string): VertexRefusal | null {
  const name = Object.keys(fields).find((one) => !known.includes(one));
  if (name === undefined) return null;
  return invalid(`Invalid JSON payload received. Unknown name "${name}" at '${at}'.`);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

function invalid(message: string): VertexRefusal {
  return { code: 400, status: 'INVALID_ARGUMENT', message };
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
