import { parseJson, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of Runware's v1, read leniently. A request is a list of tasks with ids of our own, asked after by them;
 * an answer may hold results and errors of the same task. Source: the vendor's documents and SDKs, read 2026-11.
 */

export interface RunwareEndpoint {
  task: 'imageInference' | 'upscale' | 'removeBackground';
  fields: readonly string[];
  /** Under which name pictures go in: one, or a list of all of them; null = none. */
  pictures: 'seedImage' | 'referenceImages' | 'inputImage' | null;
  takesMask: boolean;
  /** One of these is needed. */
  needed: readonly string[];
}

const COMMON = ['positivePrompt', 'width', 'height', 'numberResults', 'seed', 'safety'];
const UNGUIDED = [...COMMON, 'steps', 'scheduler', 'lora'];
const CLASSIC = [...UNGUIDED, 'CFGScale'];
const SIDES = ['top', 'right', 'bottom', 'left'] as const;

function inference(
  fields: readonly string[],
  extra: Partial<RunwareEndpoint> = {},
): RunwareEndpoint {
  const none = { pictures: null, takesMask: false, needed: [] };
  return { task: 'imageInference', fields, ...none, ...extra };
}

const fromSeedImage = (fields: readonly string[] = []): RunwareEndpoint =>
  inference([...CLASSIC, 'strength', ...fields], { pictures: 'seedImage' });
const fromReferences = (fields: readonly string[]): RunwareEndpoint =>
  inference(fields, { pictures: 'referenceImages' });
const tool = (task: RunwareEndpoint['task'], fields: readonly string[] = []): RunwareEndpoint =>
  inference(fields, { task, pictures: 'inputImage' });

/** By the vendor's name for a model (AIR). */
const ENDPOINTS: Readonly<Record<string, RunwareEndpoint>> = {
  'runware:100@1': inference([...UNGUIDED, 'strength'], { pictures: 'seedImage' }),
  'runware:101@1': { ...fromSeedImage(['maskMargin']), takesMask: true },
  'runware:102@1': {
    ...inference([...CLASSIC, 'maskMargin', ...SIDES], { pictures: 'seedImage' }),
    takesMask: true,
  },
  'runware:106@1': fromReferences(CLASSIC),
  'runware:107@1': fromSeedImage(),
  'runware:108@1': inference([...CLASSIC, 'negativePrompt']),
  'runware:108@20': fromReferences([...CLASSIC, 'negativePrompt']),
  'runware:400@1': fromReferences(CLASSIC),
  'runware:400@2': fromReferences(CLASSIC),
  'runware:400@4': fromReferences(CLASSIC),
  'bfl:2@1': inference([...COMMON, 'promptUpsampling', 'safetyTolerance']),
  'bfl:3@1': fromReferences([...COMMON, 'promptUpsampling', 'safetyTolerance']),
  'bfl:5@1': fromReferences([...COMMON, 'promptUpsampling', 'safetyTolerance']),
  'runware:500@1': tool('upscale', ['upscaleFactor']),
  'runware:503@1': tool('upscale', ['upscaleFactor']),
  'runware:504@1': tool('upscale', ['upscaleFactor']),
  'runware:109@1': tool('removeBackground'),
  'runware:110@1': tool('removeBackground'),
  'runware:112@1': tool('removeBackground'),
};

/** As `civitai:101055@128078`: a model of the vendor's without an entry here is asked for in the common form. */
const AIR_FORM = /^[a-z0-9][\w-]{0,40}:[\w.-]{1,60}@[\w.-]{1,40}$/i;
const GENERAL = fromSeedImage(['negativePrompt', 'clipSkip']);

export function findEndpoint(model: string): RunwareEndpoint | null {
  const known = Object.hasOwn(ENDPOINTS, model) ? ENDPOINTS[model] : undefined;
  return known ?? (AIR_FORM.test(model) ? GENERAL : null);
}

/** A picture, or a place where one is being made. */
export interface RunwareItem {
  /** Null = none yet. */
  url: string | null;
  /** Of an upload. */
  imageId: string | null;
  seed: number | null;
  isUnsafe: boolean;
  /** Millionths of a dollar; null = not told. */
  microcredits: number | null;
  /** 0 to 1; null = not told. */
  progress: number | null;
}

export interface RunwareFault {
  code: string;
  message: string;
  /** Field at fault, as `width`. */
  parameter: string | null;
  /** Of the request it answers: `getResponse` where the question failed, not the task. */
  taskType: string | null;
}

export interface RunwareAnswer {
  items: RunwareItem[];
  faults: RunwareFault[];
}

const SEED_MAX = 4_294_967_296;
const MICROS_PER_DOLLAR = 1_000_000;
const DOLLARS_MAX = 10_000;
const PERCENT = 100;

/** What an answer says of one task; null = it is no answer. What names no task is of all of them. */
export function parseAnswer(value: unknown, taskId: string): RunwareAnswer | null {
  const body = toRecord(value);
  const isOfTask = ({ taskUUID }: Readonly<Record<string, unknown>>): boolean =>
    taskUUID === undefined || taskUUID === taskId;
  if (!body || !('data' in body || 'errors' in body || 'error' in body)) return null;
  const data = toList(body.data).filter(isOfTask);
  const isFailed = (item: Readonly<Record<string, unknown>>): boolean => item.status === 'error';
  const nested = data.filter(isFailed).map((item) => ({ ...item, ...toRecord(item.error) }));
  const errors = [...toList(body.errors), ...toList(body.error)].filter(isOfTask);
  const items = data.filter((item) => !isFailed(item)).map(toItem);
  return { items: dropRepeated(items), faults: [...errors, ...nested].map(toFault) };
}

/** Of an answer that was no success. Never fails. */
export function parseFaults(bodyText: string): RunwareFault[] {
  const body = toRecord(parseJson(bodyText));
  return [...toList(body?.errors), ...toList(body?.error)].map(toFault);
}

/** Some answers have an object where others have a list of one. */
function toList(value: unknown): Readonly<Record<string, unknown>>[] {
  const one = toRecord(value);
  return one ? [one] : toRecords(value);
}

function toItem(item: Readonly<Record<string, unknown>>): RunwareItem {
  const { cost, progress, seed } = item;
  const isCost = typeof cost === 'number' && cost >= 0 && cost <= DOLLARS_MAX;
  const isSeed = Number.isSafeInteger(seed) && Number(seed) > 0 && Number(seed) <= SEED_MAX;
  const share = typeof progress === 'number' && progress > 1 ? progress / PERCENT : progress;
  return {
    url: toText(item.imageURL),
    imageId: toWord(item.imageUUID),
    // Ours begin at 0, which the vendor does not take.
    seed: isSeed ? Number(seed) % SEED_MAX : null,
    isUnsafe: item.NSFWContent === true,
    microcredits: isCost ? Math.round(cost * MICROS_PER_DOLLAR) : null,
    progress: typeof share === 'number' && share >= 0 && share <= 1 ? share : null,
  };
}

function dropRepeated(items: readonly RunwareItem[]): RunwareItem[] {
  return items.filter(
    ({ imageId, url }, at) =>
      url === null ||
      imageId === null ||
      items.findIndex((other) => other.imageId === imageId && other.url !== null) === at,
  );
}

function toFault(error: Readonly<Record<string, unknown>>): RunwareFault {
  const { parameter } = error;
  return {
    code: toWord(error.code) ?? '',
    message: toText(error.message) ?? '',
    parameter: toWord(Array.isArray(parameter) ? (parameter as unknown[])[0] : parameter),
    taskType: toWord(error.taskType),
  };
}
