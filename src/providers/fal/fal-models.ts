/**
 * What each of fal's models takes: every one has an address and fields of its own, and often another address for
 * requests with a picture. Source: the models' pages at fal.ai, read 2026-11.
 */

export interface FalEndpoint {
  /** Below the base URL. */
  path: string;
  fields: readonly string[];
  /** Names under which pictures go in: by role, else in their order. */
  pictures: readonly { name: string; role: 'image' | 'person' | 'garment' }[];
  /** Pictures that one request makes at most, and the field that says how many; null = it makes one. */
  outputsMax: number;
  countField: string | null;
}

export interface FalModel {
  withoutPicture: FalEndpoint | null;
  withPicture: FalEndpoint | null;
}

const OUTPUTS_MAX = 4;
const FLUX = ['prompt', 'image_size', 'num_inference_steps', 'seed', 'output_format'];
const PRO = ['prompt', 'seed', 'output_format', 'safety_tolerance', 'enhance_prompt'];
const KONTEXT = [...PRO, 'guidance_scale', 'aspect_ratio'];
const IMAGE_URL = { name: 'image_url', role: 'image' } as const;

function endpoint(path: string, fields: readonly string[], extra: Partial<FalEndpoint> = {}) {
  const several = { outputsMax: OUTPUTS_MAX, countField: 'num_images' };
  return { path, fields, pictures: [], ...several, ...extra };
}

const ONE = { outputsMax: 1, countField: null };

function paint(withoutPicture: FalEndpoint, withPicture: FalEndpoint | null = null): FalModel {
  return { withoutPicture, withPicture };
}

function work(withPicture: FalEndpoint): FalModel {
  return { withoutPicture: null, withPicture };
}

/** By name in the catalogue, which is the vendor's own. */
const MODELS: Readonly<Record<string, FalModel>> = {
  'fal-ai/flux/schnell': paint(endpoint('fal-ai/flux/schnell', FLUX)),
  'fal-ai/flux/dev': paint(
    endpoint('fal-ai/flux/dev', [...FLUX, 'guidance_scale']),
    endpoint(
      'fal-ai/flux/dev/image-to-image',
      [...FLUX.filter((name) => name !== 'image_size'), 'guidance_scale', 'strength'],
      { pictures: [IMAGE_URL] },
    ),
  ),
  'fal-ai/flux-pro/v1.1': paint(endpoint('fal-ai/flux-pro/v1.1', [...PRO, 'image_size'])),
  'fal-ai/flux-pro/kontext': paint(
    endpoint('fal-ai/flux-pro/kontext/text-to-image', KONTEXT),
    endpoint('fal-ai/flux-pro/kontext', KONTEXT, { pictures: [IMAGE_URL] }),
  ),
  'fal-ai/fashn/tryon/v1.6': work(
    endpoint(
      'fal-ai/fashn/tryon/v1.6',
      [
        'category',
        'mode',
        'garment_photo_type',
        'moderation_level',
        'segmentation_free',
        'seed',
        'output_format',
      ],
      {
        pictures: [
          { name: 'model_image', role: 'person' },
          { name: 'garment_image', role: 'garment' },
        ],
        countField: 'num_samples',
      },
    ),
  ),
  'fal-ai/kling/v1-5/kolors-virtual-try-on': work(
    endpoint('fal-ai/kling/v1-5/kolors-virtual-try-on', [], {
      pictures: [
        { name: 'human_image_url', role: 'person' },
        { name: 'garment_image_url', role: 'garment' },
      ],
      ...ONE,
    }),
  ),
  'fal-ai/clarity-upscaler': work(
    endpoint(
      'fal-ai/clarity-upscaler',
      [
        'prompt',
        'negative_prompt',
        'seed',
        'guidance_scale',
        'num_inference_steps',
        'upscale_factor',
        'creativity',
        'resemblance',
      ],
      { pictures: [IMAGE_URL], ...ONE },
    ),
  ),
  'fal-ai/birefnet/v2': work(
    endpoint(
      'fal-ai/birefnet/v2',
      ['output_format', 'model', 'operating_resolution', 'refine_foreground'],
      { pictures: [IMAGE_URL], ...ONE },
    ),
  ),
};

/** Null = no such model. */
export function findEndpoint(name: string, hasPicture: boolean): FalEndpoint | null {
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!model) return null;
  const { withPicture, withoutPicture } = model;
  return hasPicture ? (withPicture ?? withoutPicture) : (withoutPicture ?? withPicture);
}
