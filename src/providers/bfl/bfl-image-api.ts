import { parseJson, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of Black Forest Labs' v1, read leniently. Every request is a job of one picture, asked after at an
 * address that its answer names. Source: docs.bfl.ai and its API description, read 2026-11.
 */

export interface BflEndpoint {
  /** Below the base URL. */
  path: string;
  fields: readonly string[];
  /** Names under which pictures go in, in their order; the mask has its own. */
  pictures: readonly string[];
  takesMask: boolean;
  /** One of these is needed. */
  needed: readonly string[];
}

const SHARED = ['prompt', 'seed', 'safety_tolerance', 'output_format'] as const;
const SIDES = ['top', 'bottom', 'left', 'right'] as const;
const FLUX_2_PICTURES = 8;
const KLEIN_PICTURES = 4;

function endpoint(name: string, fields: readonly string[], extra: Partial<BflEndpoint> = {}) {
  const none = { pictures: [], takesMask: false, needed: [] };
  return { path: `v1/${name}`, fields: [...SHARED, ...fields], ...none, ...extra };
}

function toPictureNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    at === 0 ? 'input_image' : `input_image_${at + 1}`,
  );
}

function flux2(name: string, pictures: number, fields: readonly string[] = []): BflEndpoint {
  const more = { pictures: toPictureNames(pictures) };
  return endpoint(name, ['width', 'height', ...fields], more);
}

function kontext(name: string): BflEndpoint {
  return endpoint(name, ['aspect_ratio', 'prompt_upsampling'], { pictures: ['input_image'] });
}

/** By name in the catalogue. */
const ENDPOINTS: Readonly<Record<string, BflEndpoint>> = {
  'flux-2-max': flux2('flux-2-max', FLUX_2_PICTURES),
  'flux-2-pro': flux2('flux-2-pro', FLUX_2_PICTURES),
  'flux-2-flex': flux2('flux-2-flex', FLUX_2_PICTURES, ['prompt_upsampling', 'steps', 'guidance']),
  'flux-2-klein-9b': flux2('flux-2-klein-9b', KLEIN_PICTURES),
  'flux-2-klein-4b': flux2('flux-2-klein-4b', KLEIN_PICTURES),
  'flux-kontext-max': kontext('flux-kontext-max'),
  'flux-kontext-pro': kontext('flux-kontext-pro'),
  'flux-pro-1.1': endpoint('flux-pro-1.1', ['width', 'height', 'prompt_upsampling']),
  'flux-pro-1.1-ultra': endpoint(
    'flux-pro-1.1-ultra',
    ['aspect_ratio', 'prompt_upsampling', 'raw', 'image_prompt_strength'],
    { pictures: ['image_prompt'] },
  ),
  'flux-dev': endpoint('flux-dev', ['width', 'height', 'prompt_upsampling', 'steps', 'guidance']),
  'flux-pro-1.0-fill': endpoint('flux-pro-1.0-fill', ['prompt_upsampling', 'steps', 'guidance'], {
    pictures: ['image'],
    takesMask: true,
  }),
  'flux-pro-1.0-expand': endpoint(
    'flux-pro-1.0-expand',
    ['prompt_upsampling', 'steps', 'guidance', ...SIDES],
    { pictures: ['image'], needed: SIDES },
  ),
  'flux-tools/vto-v2': endpoint('flux-tools/vto-v2', [], { pictures: ['person', 'garment'] }),
};

export function findEndpoint(model: string): BflEndpoint | null {
  return Object.hasOwn(ENDPOINTS, model) ? (ENDPOINTS[model] ?? null) : null;
}

/** What a request was answered with; null = not there. */
export interface BflAcceptance {
  id: string | null;
  pollingUrl: string | null;
  /** Millionths of a credit, a hundredth of a dollar each. */
  microcredits: number | null;
}

/** A longer address is none: it is kept with the generation. */
const URL_CHARS_MAX = 2_048;
const MICROS_PER_CREDIT = 1_000_000;
const CREDITS_MAX = 100_000;

export function parseAcceptance(value: unknown): BflAcceptance {
  const body = toRecord(value);
  const cost = body?.cost;
  const isCost = typeof cost === 'number' && cost >= 0 && cost <= CREDITS_MAX;
  const pollingUrl = toText(body?.polling_url);
  return {
    id: toWord(body?.id),
    pollingUrl: pollingUrl !== null && pollingUrl.length <= URL_CHARS_MAX ? pollingUrl : null,
    microcredits: isCost ? Math.round(cost * MICROS_PER_CREDIT) : null,
  };
}

export type BflJobState = 'pending' | 'ready' | 'failed' | 'refused' | 'gone';

/** Any other word is one of a job that goes on. All of these come with HTTP 200. */
const STATES: Readonly<Record<string, BflJobState>> = {
  Ready: 'ready',
  Error: 'failed',
  Failed: 'failed',
  'Task not found': 'gone',
  'Request Moderated': 'refused',
  'Content Moderated': 'refused',
};

export interface BflJobAnswer {
  state: BflJobState;
  /** The vendor's word for it; empty = it is no answer about a job. */
  status: string;
  /** Where the picture is, for ten minutes. */
  sample: string | null;
  /** The prompt that was used. */
  prompt: string | null;
  seed: number | null;
  /** 0 to 1. */
  progress: number | null;
  /** For the log. */
  details: string;
}

const SEED_MAX = 4_294_967_295;

export function parseJobAnswer(value: unknown): BflJobAnswer {
  const body = toRecord(value);
  const result = toRecord(body?.result);
  const status = toWord(body?.status) ?? '';
  const { seed } = result ?? {};
  const { progress } = body ?? {};
  return {
    state: (Object.hasOwn(STATES, status) ? STATES[status] : null) ?? 'pending',
    status,
    sample: toText(result?.sample),
    prompt: toText(result?.prompt),
    seed:
      Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) <= SEED_MAX ? Number(seed) : null,
    progress: typeof progress === 'number' && progress >= 0 && progress <= 1 ? progress : null,
    details: JSON.stringify(body?.details ?? null),
  };
}

export interface BflErrorBody {
  message: string;
  /** Field at fault, as `width`. */
  field: string | null;
}

/** `detail` is a text, or a list of `{loc: ["body", "width"], msg}`. Never fails. */
export function parseBflError(bodyText: string): BflErrorBody {
  const detail = toRecord(parseJson(bodyText))?.detail;
  const [first] = toRecords(detail);
  const place: unknown[] = Array.isArray(first?.loc) ? first.loc : [];
  return {
    message: toText(detail) ?? (detail === undefined ? bodyText : JSON.stringify(detail)),
    field: toText(place.at(-1)),
  };
}
