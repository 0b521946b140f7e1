import sharp from 'sharp';
import { toText } from './openai-image-rules.js';

/** One task of a request, as it came. */
export type RunwareTask = Readonly<Record<string, unknown>>;

export interface RunwareRefusal {
  code: string;
  message: string;
  parameter?: string | string[];
  allowedValues?: readonly string[];
}

export interface RunwareOrder {
  subject: string;
  count: number;
  widthPx: number;
  heightPx: number;
  format: 'png' | 'jpeg' | 'webp';
  seed: number;
  hasCost: boolean;
  isAsync: boolean;
}

/** Smallest step of a side: classic models 64, newer ones 16. */
const MODELS: Readonly<Record<string, { step: number; pictures: readonly string[] }>> = {
  'runware:100@1': { step: 64, pictures: ['seedImage'] },
  'runware:101@1': { step: 64, pictures: ['seedImage', 'maskImage'] },
  'runware:102@1': { step: 64, pictures: ['seedImage', 'maskImage'] },
  'runware:106@1': { step: 64, pictures: ['referenceImages'] },
  'runware:107@1': { step: 64, pictures: ['seedImage'] },
  'runware:108@1': { step: 16, pictures: [] },
  'runware:108@20': { step: 16, pictures: ['referenceImages'] },
  'runware:400@1': { step: 16, pictures: ['referenceImages'] },
  'runware:400@2': { step: 16, pictures: ['referenceImages'] },
  'runware:400@4': { step: 16, pictures: ['referenceImages'] },
  'bfl:2@1': { step: 32, pictures: [] },
  'bfl:3@1': { step: 16, pictures: ['referenceImages'] },
  'bfl:5@1': { step: 16, pictures: ['referenceImages'] },
  'civitai:101055@128078': { step: 64, pictures: ['seedImage'] },
};
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  upscale: ['runware:500@1', 'runware:501@1', 'runware:503@1', 'runware:504@1'],
  removeBackground: ['runware:109@1', 'runware:110@1', 'runware:112@1'],
};
const OLD_NAMES: Readonly<Record<string, string>> = {
  imageUpscale: 'upscale',
  imageBackgroundRemoval: 'removeBackground',
};
const SHARED = ['taskType', 'taskUUID', 'model', 'outputType', 'outputFormat', 'outputQuality'];
const MORE = ['includeCost', 'deliveryMethod', 'safety', 'checkNSFW', 'numberResults'];
const INFERENCE = [
  'positivePrompt',
  'negativePrompt',
  'width',
  'height',
  'steps',
  'CFGScale',
  'seed',
  'scheduler',
  'strength',
  'seedImage',
  'maskImage',
  'referenceImages',
  'maskMargin',
  'lora',
  'clipSkip',
  'outpaint',
  'providerSettings',
];
const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FORMATS = { JPG: 'jpeg', PNG: 'png', WEBP: 'webp' } as const;
const SEED_MAX = 9_223_372_036_854_776_000;

export function hasTaskId({ taskUUID }: RunwareTask): boolean {
  return UUID_FORM.test(toText(taskUUID, ''));
}

/** Reads an order as strictly as the vendor does. @param images uploaded before, by id */
export async function readRunwareTask(
  task: RunwareTask,
  images: ReadonlyMap<string, Buffer>,
): Promise<RunwareOrder | RunwareRefusal> {
  const type = OLD_NAMES[toText(task.taskType, '')] ?? toText(task.taskType, '');
  const model = toText(task.model, '');
  const isInference = type === 'imageInference';
  const fields = isInference ? INFERENCE : ['inputImage', 'upscaleFactor', 'settings'];
  const unknown = Object.keys(task).find((name) => ![...SHARED, ...MORE, ...fields].includes(name));
  if (unknown) return refuse('unsupportedParameter', unknown);
  const known = isInference ? Object.hasOwn(MODELS, model) : TOOLS[type]?.includes(model);
  if (!known) return refuse('invalidModel', 'model');
  const format = toText(task.outputFormat, 'JPG');
  if (!Object.hasOwn(FORMATS, format)) {
    return {
      ...refuse('invalidOutputFormat', 'outputFormat'),
      allowedValues: Object.keys(FORMATS),
    };
  }
  const quality = Number(task.outputQuality ?? 95);
  if (quality < 20 || quality > 99) return refuse('invalidOutputQuality', 'outputQuality');
  const size = isInference ? readSize(task, model) : await readInput(task, images);
  if ('code' in size) return size;
  const fault = isInference ? findFault(task, model, images) : null;
  if (fault) return fault;
  return {
    ...size,
    subject: toText(task.positivePrompt, model),
    count: Number(task.numberResults ?? 1),
    format: FORMATS[format as keyof typeof FORMATS],
    // Beyond what a number of JavaScript holds where the caller left it open.
    seed: Number(task.seed ?? 6_148_914_691_236_517_000),
    hasCost: task.includeCost === true,
    isAsync: task.deliveryMethod === 'async',
  };
}

type Size = { widthPx: number; heightPx: number };

function readSize(task: RunwareTask, model: string): Size | RunwareRefusal {
  if (task.width === undefined || task.height === undefined) {
    const message = 'Missing required parameters.';
    return { code: 'missingDimensionParameters', message, parameter: ['width', 'height'] };
  }
  const step = MODELS[model]?.step ?? 64;
  for (const name of ['width', 'height'] as const) {
    const side = Number(task[name]);
    const isSide = side >= 128 && side <= 2_048 && side % step === 0;
    if (!isSide) return refuse(name === 'width' ? 'invalidWidth' : 'invalidHeight', name);
  }
  return { widthPx: Number(task.width), heightPx: Number(task.height) };
}

async function readInput(
  task: RunwareTask,
  images: ReadonlyMap<string, Buffer>,
): Promise<Size | RunwareRefusal> {
  const bytes = images.get(toText(task.inputImage, ''));
  if (!bytes) return refuse('invalidInputImage', 'inputImage');
  const { width, height } = await sharp(bytes).metadata();
  const factor = task.taskType === 'upscale' ? Number(task.upscaleFactor) : 1;
  if (![1, 2, 4].includes(factor)) return refuse('invalidUpscaleFactor', 'upscaleFactor');
  return { widthPx: width * factor, heightPx: height * factor };
}

function findFault(
  task: RunwareTask,
  model: string,
  images: ReadonlyMap<string, Buffer>,
): RunwareRefusal | null {
  const prompt = toText(task.positivePrompt, '');
  if (prompt.length < 2 || prompt.length > 3_000) {
    return refuse('invalidPositivePrompt', 'positivePrompt');
  }
  const count = Number(task.numberResults ?? 1);
  if (count < 1 || count > 20) return refuse('invalidNumberResults', 'numberResults');
  const seed = Number(task.seed ?? 1);
  if (seed < 1 || seed > SEED_MAX) return refuse('invalidSeed', 'seed');
  for (const name of ['seedImage', 'maskImage', 'referenceImages']) {
    const given = task[name];
    if (given === undefined) continue;
    if (!MODELS[model]?.pictures.includes(name)) return refuse('unsupportedParameter', name);
    const ids = (Array.isArray(given) ? given : [given]) as string[];
    if (ids.some((id) => !images.has(id))) return refuse('invalidImage', name);
  }
  return null;
}

function refuse(code: string, parameter: string): RunwareRefusal {
  return { code, parameter, message: `Invalid value for '${parameter}' parameter.` };
}
