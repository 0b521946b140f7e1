import { parseJson, toRecord, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of v2beta/stable-image, read leniently. A success is the picture itself, with its facts in headers.
 * Source: Stability's API description, read 2026-11.
 */

export type StabilityField =
  | 'prompt'
  | 'negative_prompt'
  | 'aspect_ratio'
  | 'seed'
  | 'style_preset'
  | 'output_format'
  | 'cfg_scale'
  | 'strength'
  | 'grow_mask'
  | 'creativity'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'search_prompt'
  | 'select_prompt'
  | 'control_strength'
  | 'fidelity'
  | 'background_prompt'
  | 'foreground_prompt'
  | 'preserve_original_subject'
  | 'original_background_depth'
  | 'keep_original_background'
  | 'light_source_direction'
  | 'light_source_strength';

export interface StabilityEndpoint {
  /** Below the base URL. */
  path: string;
  /** Fields sent whatever was asked. */
  fixed: Readonly<Record<string, string>>;
  fields: readonly StabilityField[];
  /** One of these is needed. */
  needed: readonly StabilityField[];
  /** Names under which pictures go in, in their order; the mask has its own. */
  pictures: readonly string[];
  takesMask: boolean;
  /** Answers with an id under which the picture is asked for, instead of the picture. */
  isLater: boolean;
}

const SHARED = ['seed', 'output_format'] as const;
const WORDS = ['prompt', 'negative_prompt', 'style_preset', ...SHARED] as const;
const SIDES = ['left', 'right', 'up', 'down'] as const;

function endpoint(
  path: string,
  fields: readonly StabilityField[],
  extra: Partial<StabilityEndpoint> = {},
): StabilityEndpoint {
  const prefixed = `v2beta/stable-image/${path}`;
  const none = { fixed: {}, needed: [], pictures: ['image'], takesMask: false, isLater: false };
  return { path: prefixed, fields, ...none, ...extra };
}

function sd3(model: string): StabilityEndpoint {
  const fields = [...WORDS, 'aspect_ratio', 'cfg_scale', 'strength'] as const;
  return endpoint('generate/sd3', fields, { fixed: { model } });
}

/** By name in the catalogue: most of them are the path itself. */
const ENDPOINTS: Readonly<Record<string, StabilityEndpoint>> = {
  'stable-image-ultra': endpoint('generate/ultra', [...WORDS, 'aspect_ratio', 'strength']),
  'stable-image-core': endpoint('generate/core', [...WORDS, 'aspect_ratio']),
  'sd3.5-large': sd3('sd3.5-large'),
  'sd3.5-large-turbo': sd3('sd3.5-large-turbo'),
  'sd3.5-medium': sd3('sd3.5-medium'),
  'sd3.5-flash': sd3('sd3.5-flash'),
  'edit/inpaint': endpoint('edit/inpaint', [...WORDS, 'grow_mask'], { takesMask: true }),
  'edit/erase': endpoint('edit/erase', [...SHARED, 'grow_mask'], { takesMask: true }),
  'edit/outpaint': endpoint(
    'edit/outpaint',
    ['prompt', 'style_preset', 'creativity', ...SHARED, ...SIDES],
    { needed: SIDES },
  ),
  'edit/search-and-replace': endpoint(
    'edit/search-and-replace',
    [...WORDS, 'grow_mask', 'search_prompt'],
    { needed: ['search_prompt'] },
  ),
  'edit/search-and-recolor': endpoint(
    'edit/search-and-recolor',
    [...WORDS, 'grow_mask', 'select_prompt'],
    { needed: ['select_prompt'] },
  ),
  'edit/remove-background': endpoint('edit/remove-background', ['output_format']),
  'control/sketch': endpoint('control/sketch', [...WORDS, 'control_strength']),
  'control/structure': endpoint('control/structure', [...WORDS, 'control_strength']),
  'control/style': endpoint('control/style', [
    'prompt',
    'negative_prompt',
    'aspect_ratio',
    'fidelity',
    ...SHARED,
  ]),
  'upscale/fast': endpoint('upscale/fast', ['output_format']),
  'upscale/conservative': endpoint('upscale/conservative', [
    'prompt',
    'negative_prompt',
    'creativity',
    ...SHARED,
  ]),
  'upscale/creative': endpoint('upscale/creative', [...WORDS, 'creativity'], { isLater: true }),
  'edit/replace-background-and-relight': endpoint(
    'edit/replace-background-and-relight',
    [
      'background_prompt',
      'foreground_prompt',
      'negative_prompt',
      'preserve_original_subject',
      'original_background_depth',
      'keep_original_background',
      'light_source_direction',
      'light_source_strength',
      ...SHARED,
    ],
    { pictures: ['subject_image', 'background_reference', 'light_reference'], isLater: true },
  ),
};

export function findEndpoint(model: string): StabilityEndpoint | null {
  return Object.hasOwn(ENDPOINTS, model) ? (ENDPOINTS[model] ?? null) : null;
}

export interface StabilityPictureFacts {
  mediaType: string;
  /** The picture is there, but blurred: the content was not allowed. */
  isFiltered: boolean;
  seed: number | null;
  requestId: string | null;
}

/** It goes into a path. */
const JOB_ID_FORM = /^[\w-]{1,128}$/;
const SEED_MAX = 4_294_967_295;

export function parsePictureHeaders(headers: Headers): StabilityPictureFacts {
  const seed = Number(headers.get('seed') ?? Number.NaN);
  return {
    mediaType: headers.get('content-type') ?? '',
    isFiltered: headers.get('finish-reason') === 'CONTENT_FILTERED',
    seed: Number.isInteger(seed) && seed > 0 && seed <= SEED_MAX ? seed : null,
    requestId: headers.get('x-request-id'),
  };
}

/** The id of a job; null = no answer of one. */
export function parseJobId(value: unknown): string | null {
  const id = toText(toRecord(value)?.id);
  return id !== null && JOB_ID_FORM.test(id) ? id : null;
}

export interface StabilityErrorBody {
  id: string | null;
  /** `content_moderation`, `payment_required`… null = not an error of Stability at all. */
  name: string | null;
  message: string;
  /** `cfg_scale: must be…` begins with the field at fault. */
  field: string | null;
}

const FIELD_FORM = /^([a-z_]{1,40}): /;

/** Takes v2's `errors` and v1's `message`. Never fails. */
export function parseStabilityError(bodyText: string): StabilityErrorBody {
  const body = toRecord(parseJson(bodyText));
  const errors = Array.isArray(body?.errors) ? body.errors.map(toText) : [];
  const message = errors.filter((one) => one !== null).join(' ');
  return {
    id: toWord(body?.id),
    name: toWord(body?.name),
    message: message || (toText(body?.message) ?? bodyText),
    field: FIELD_FORM.exec(message)?.[1] ?? null,
  };
}
