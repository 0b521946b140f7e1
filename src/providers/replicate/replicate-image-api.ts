import { parseJson, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of Replicate's v1, read leniently. A request is a prediction, asked after by its id; what it takes
 * depends on the model. Source: Replicate's API description and its JavaScript client, read 2026-11.
 */

export interface ReplicateEndpoint {
  /** Below the base URL. */
  path: string;
  /** Of a community model, which is asked for by version; null = an official one. */
  version: string | null;
  /** Sent whatever was asked. */
  fixed: Readonly<Record<string, unknown>>;
  fields: readonly string[];
  /** Names under which pictures go in: by role, else in their order. */
  pictures: readonly { name: string; role: 'image' | 'person' | 'garment' }[];
  /** Pictures that one prediction makes at most. */
  outputsMax: number;
}

const FLUX = [
  'prompt',
  'aspect_ratio',
  'num_outputs',
  'num_inference_steps',
  'seed',
  'output_format',
  'output_quality',
  'go_fast',
  'megapixels',
];
const FLUX_OUTPUTS_MAX = 4;

function official(
  name: string,
  fields: readonly string[],
  extra: Partial<ReplicateEndpoint> = {},
): ReplicateEndpoint {
  const none = { version: null, fixed: {}, pictures: [], outputsMax: 1 };
  return { path: `models/${name}/predictions`, fields, ...none, ...extra };
}

/** By name in the catalogue. */
const ENDPOINTS: Readonly<Record<string, ReplicateEndpoint>> = {
  'black-forest-labs/flux-schnell': official('black-forest-labs/flux-schnell', FLUX, {
    outputsMax: FLUX_OUTPUTS_MAX,
  }),
  'black-forest-labs/flux-dev': official(
    'black-forest-labs/flux-dev',
    [...FLUX, 'guidance', 'prompt_strength'],
    { outputsMax: FLUX_OUTPUTS_MAX, pictures: [{ name: 'image', role: 'image' }] },
  ),
  'black-forest-labs/flux-1.1-pro': official(
    'black-forest-labs/flux-1.1-pro',
    [
      'prompt',
      'aspect_ratio',
      'width',
      'height',
      'seed',
      'output_format',
      'output_quality',
      'prompt_upsampling',
      'safety_tolerance',
    ],
    { pictures: [{ name: 'image_prompt', role: 'image' }] },
  ),
  'ideogram-ai/ideogram-v3-quality': official('ideogram-ai/ideogram-v3-quality', [
    'prompt',
    'aspect_ratio',
    'seed',
    'magic_prompt_option',
    'style_type',
  ]),
  'cuuupid/idm-vton': {
    path: 'predictions',
    version: '0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985',
    // The model does badly without a word about the garment.
    fixed: { garment_des: 'a garment' },
    fields: ['garment_des', 'category', 'crop', 'force_dc', 'steps', 'seed'],
    pictures: [
      { name: 'human_img', role: 'person' },
      { name: 'garm_img', role: 'garment' },
    ],
    outputsMax: 1,
  },
};

export function findEndpoint(model: string): ReplicateEndpoint | null {
  return Object.hasOwn(ENDPOINTS, model) ? (ENDPOINTS[model] ?? null) : null;
}

export type PredictionState = 'pending' | 'succeeded' | 'failed' | 'canceled' | 'aborted';

export interface Prediction {
  /** Null = it is no prediction. */
  id: string | null;
  /** `starting` and `processing`, and words that are not known, are pending. */
  state: PredictionState;
  /** Where the pictures are, for an hour. */
  outputs: string[];
  /** The hour is over. */
  isRemoved: boolean;
  error: string;
}

const ENDED: readonly string[] = ['succeeded', 'failed', 'canceled', 'aborted'];
const ID_FORM = /^[\w-]{1,100}$/;

export function parsePrediction(value: unknown): Prediction {
  const body = toRecord(value);
  const id = toWord(body?.id) ?? '';
  const status = toWord(body?.status);
  const hasEnded = status !== null && ENDED.includes(status);
  const output = body?.output;
  // One address or several, as the model likes.
  const outputs = (Array.isArray(output) ? output : [output]).map(toText);
  return {
    id: ID_FORM.test(id) && status !== null ? id : null,
    state: hasEnded ? (status as PredictionState) : 'pending',
    outputs: outputs.filter((one) => one !== null),
    isRemoved: body?.data_removed === true,
    error: toText(body?.error) ?? '',
  };
}

/** Address of a file that was uploaded; null = none in the answer. */
export function parseFileUrl(value: unknown): string | null {
  return toText(toRecord(toRecord(value)?.urls)?.get);
}

export interface ReplicateErrorBody {
  message: string;
  /** Field at fault, as `prompt`. */
  field: string | null;
  retryAfterS: number | null;
}

/** Never fails. */
export function parseReplicateError(bodyText: string): ReplicateErrorBody {
  const body = toRecord(parseJson(bodyText));
  const [first] = toRecords(body?.invalid_fields);
  const after = body?.retry_after;
  return {
    message: `${toText(body?.title) ?? ''} ${toText(body?.detail) ?? bodyText}`.trim(),
    field: toText(first?.field),
    retryAfterS: typeof after === 'number' && after > 0 ? after : null,
  };
}
