import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

/** What the simulator answers to a body it does not take; null = it does. */
export interface GoogleRefusal {
  code: number;
  status: string;
  message: string;
  field?: string;
}

/** Output tokens at 1K, 2K, 4K; null = the class is not offered. */
const MODELS: Readonly<Record<string, readonly (number | null)[]>> = {
  'gemini-3-pro-image': [1_120, 1_120, 2_000],
  'gemini-nano-banana-2.1': [1_120, 1_680, 3_780],
  'gemini-3.1-flash-lite-image': [1_120, null, null],
};
const SIDES: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
};
const IMAGEN_SIDES: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '3:4': [896, 1280],
  '4:3': [1280, 896],
  '9:16': [768, 1408],
  '16:9': [1408, 768],
};
const CLASSES = ['1K', '2K', '4K'];
const INPUT_IMAGE_TOKENS = 560;
const CHARS_PER_TOKEN = 4;
const SEED_MAX = 2_147_483_647;
const SEED_MIN = -2_147_483_648;

const BODY_FIELDS = ['contents', 'generationConfig', 'safetySettings', 'systemInstruction'];
const CONFIG_FIELDS = [
  'responseModalities',
  'imageConfig',
  'seed',
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'thinkingConfig',
];
const PARAMETERS = [
  'sampleCount',
  'aspectRatio',
  'sampleImageSize',
  'personGeneration',
  'safetySetting',
  'seed',
  'addWatermark',
  'enhancePrompt',
  'language',
  'negativePrompt',
  'guidanceScale',
  'includeRaiReason',
  'outputOptions',
];

type Fields = Readonly<Record<string, unknown>>;

export interface DrawOrder {
  prompt: string;
  widthPx: number;
  heightPx: number;
  hasPicture: boolean;
  inputImages: number;
  outputTokens: number;
}

export function isKnownModel(model: string): boolean {
  return Object.hasOwn(MODELS, model);
}

/** Reads a body of generateContent as strictly as the vendor does. */
export async function readGenerateContent(
  model: string,
  body: Fields,
): Promise<{ order: DrawOrder } | { refusal: GoogleRefusal }> {
  const config = toFields(body.generationConfig);
  const image = toFields(config.imageConfig);
  const refusal =
    findUnknown(body, BODY_FIELDS, '') ??
    findUnknown(config, CONFIG_FIELDS, 'generation_config') ??
    findUnknown(image, ['aspectRatio', 'imageSize'], 'generation_config.image_config');
  if (refusal) return { refusal };
  const parts = ((body.contents as Fields[] | undefined) ?? []).flatMap(
    (content) => (content.parts as Fields[] | undefined) ?? [],
  );
  const { aspectRatio = '1:1', imageSize = '1K' } = image as Record<string, string>;
  const sides = SIDES[aspectRatio];
  const classIndex = CLASSES.indexOf(imageSize);
  const outputTokens = MODELS[model]?.[classIndex] ?? null;
  if (parts.length === 0) return invalid('* GenerateContentRequest.contents: contents is not set');
  if (!sides) return invalid(`Invalid aspect ratio: ${aspectRatio}.`);
  if (outputTokens === null) return invalid(`Invalid image size: ${imageSize}.`);
  if (!isSeed(config.seed)) return invalid('Invalid value at seed (TYPE_INT32)', 'seed');
  const inline = parts.map((part) => toFields(part.inlineData).data).filter((data) => data);
  for (const data of inline) {
    if (!(await isPicture(String(data)))) return invalid('Unable to process input image.');
  }
  const factor = 2 ** classIndex;
  const order = {
    prompt: parts.map(({ text = '' }) => String(text)).join(' '),
    widthPx: sides[0] * factor,
    heightPx: sides[1] * factor,
    hasPicture: ((config.responseModalities as string[] | undefined) ?? []).includes('IMAGE'),
    inputImages: inline.length,
    outputTokens,
  };
  return { order };
}

/** Reads a body of Imagen's predict. */
export function readPredict(
  body: Fields,
): { order: DrawOrder; count: number; mimeType: string } | { refusal: GoogleRefusal } {
  const parameters = toFields(body.parameters);
  const prompt = toFields((body.instances as unknown[] | undefined)?.[0]).prompt;
  const { aspectRatio = '1:1', sampleCount = 4, sampleImageSize = '1K' } = parameters;
  const refusal = findUnknown(parameters, PARAMETERS, 'parameters');
  const sides = IMAGEN_SIDES[String(aspectRatio)];
  const factor = sampleImageSize === '2K' ? 2 : 1;
  const count = Number(sampleCount);
  if (refusal) return { refusal };
  if (typeof prompt !== 'string' || prompt === '') return invalid('Prompt is required.');
  if (!sides) return invalid(`Aspect ratio ${String(aspectRatio)} is not supported.`);
  if (!(count >= 1 && count <= 4)) return invalid('sampleCount must be between 1 and 4.');
  if (parameters.seed !== undefined && parameters.addWatermark !== false) {
    return invalid('Seed is not supported when watermark is enabled.');
  }
  const [widthPx, heightPx] = [sides[0] * factor, sides[1] * factor];
  const order = { prompt, widthPx, heightPx, hasPicture: true, inputImages: 0, outputTokens: 0 };
  const mimeType = toFields(parameters.outputOptions).mimeType ?? 'image/png';
  return { order, count, mimeType: toText(mimeType, '') };
}

/** As the vendor counts: text, each input picture, the picture, and what was thought. */
export function countGoogleUsage(order: DrawOrder, thoughtsTokenCount: number): object {
  const text = Math.ceil(order.prompt.length / CHARS_PER_TOKEN);
  const images = order.inputImages * INPUT_IMAGE_TOKENS;
  return {
    promptTokenCount: text + images,
    candidatesTokenCount: order.outputTokens,
    ...(thoughtsTokenCount > 0 ? { thoughtsTokenCount } : {}),
    totalTokenCount: text + images + order.outputTokens + thoughtsTokenCount,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: text },
      ...(images > 0 ? [{ modality: 'IMAGE', tokenCount: images }] : []),
    ],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: order.outputTokens }],
  };
}

function invalid(message: string, field?: string): { refusal: GoogleRefusal } {
  return { refusal: { code: 400, status: 'INVALID_ARGUMENT', message, field } };
}

function findUnknown(fields: Fields, known: readonly string[], at: string): GoogleRefusal | null {
  const name = Object.keys(fields).find((one) => !known.includes(one));
  if (name === undefined) return null;
  const message = `Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`;
  return { code: 400, status: 'INVALID_ARGUMENT', message, field: at };
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isSeed(seed: unknown): boolean {
  if (seed === undefined) return true;
  return Number.isInteger(seed) && (seed as number) >= SEED_MIN && (seed as number) <= SEED_MAX;
}

async function isPicture(base64: string): Promise<boolean> {
  return sharp(Buffer.from(base64, 'base64'))
    .stats()
    .then(
      () => true,
      () => false,
    );
}
