import { toSeedOf } from '../shared/fan-out-calls.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { findNearestShape } from '../shared/nearest-shape.js';
import { PictureMarks } from '../shared/picture-marks.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { ASPECT_RATIOS, type FalImageOptions } from './fal-image-options.js';
import { type FalEndpoint, findEndpoint } from './fal-models.js';

export interface FalImageRequest {
  path: string;
  /** Pictures that each request makes. */
  counts: number[];
  /** What goes in, by the model's names. */
  pictures: readonly [name: string, image: InputImage][];
  /**
   * The body of one request; pictures are read as it is sent.
   * @param urls of those pictures that were uploaded before
   */
  write(job: number, urls: Readonly<Record<string, string>>): string | AsyncIterable<string>;
  warnings: ProviderWarning[];
}

const SEED_MAX = 4_294_967_295;

/** Ours to the model's words. Unset fields are left out, so that the model's defaults hold. */
export function convertToFalImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: FalImageOptions,
): FalImageRequest {
  const endpoint = findEndpoint(call.vendorModel ?? call.model, call.inputImages.length > 0);
  if (!endpoint) throw toUnknownModel(call);
  const { path, outputsMax } = endpoint;
  const counts = Array.from({ length: Math.ceil(call.n / outputsMax) }, (_, job) =>
    Math.min(outputsMax, call.n - job * outputsMax),
  );
  const pictures = listPictures(call, endpoint);
  const formats: readonly string[] = model?.capabilities.formats ?? [];
  const hasFormat = !call.outputFormat || formats.includes(call.outputFormat);
  const outputFormat = hasFormat ? call.outputFormat : null;
  return {
    path,
    counts,
    pictures,
    write: (job, urls) => {
      const marks = new PictureMarks();
      const given = pictures.map(([name, image]) => [
        name,
        urls[name] ?? `data:${image.mediaType};base64,${marks.add(image)}`,
      ]);
      const seed = toSeedOf(call.seed, job * outputsMax, SEED_MAX);
      const part = { ...call, outputFormat, seed, n: counts[job] ?? 1 };
      const fields = toFields(part, endpoint, options);
      return marks.write({ ...fields, ...Object.fromEntries(given) });
    },
    warnings: [
      ...listUnsentOptions(options, endpoint),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...(hasFormat || formats.length === 0 ? [] : [toUnsupported('output_format', call.model)]),
      ...listUnsentFields(call, endpoint),
    ],
  };
}

function toFields(
  call: ImageCall,
  { fields, countField }: FalEndpoint,
  options: FalImageOptions,
): Record<string, unknown> {
  const { widthPx, heightPx } = call;
  const { aspect_ratio: shape = null, safety_tolerance: tolerance, ...others } = options;
  const values: Record<string, unknown> = {
    category: toGarmentKind(call),
    ...others,
    prompt: call.prompt,
    negative_prompt: call.negativePrompt,
    image_size: widthPx === null ? null : { width: widthPx, height: heightPx },
    aspect_ratio: toShape(call) ?? shape,
    num_inference_steps: call.steps,
    guidance_scale: call.guidance,
    seed: call.seed,
    output_format: call.outputFormat,
    // The vendor takes a number in a text.
    safety_tolerance: isSet(tolerance) ? String(tolerance) : null,
  };
  const sent = fields.map((name): [string, unknown] => [name, values[name]]);
  const set = Object.fromEntries(sent.filter(([, value]) => isSet(value)));
  return countField === null ? set : { ...set, [countField]: call.n };
}

/** Where the garment is worn, in the words of the model that asks for it. */
function toGarmentKind({ inputImages }: ImageCall): string | null {
  const { category = null } = inputImages.find(({ role }) => role === 'garment') ?? {};
  if (category === null || category === 'accessory') return null;
  const kinds = { upper_body: 'tops', lower_body: 'bottoms', auto: 'auto' } as const;
  return category in kinds ? kinds[category as keyof typeof kinds] : 'one-pieces';
}

function toShape({ widthPx, heightPx }: ImageCall): string | null {
  if (widthPx === null || heightPx === null) return null;
  return findNearestShape(ASPECT_RATIOS, widthPx, heightPx);
}

function listPictures(call: ImageCall, endpoint: FalEndpoint): [string, InputImage][] {
  return endpoint.pictures.flatMap(({ name, role }, at): [string, InputImage][] => {
    const image = call.inputImages.find((one) => one.role === role) ?? call.inputImages[at];
    return image ? [[name, image]] : [];
  });
}

function listUnsentOptions(options: FalImageOptions, { fields }: FalEndpoint): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !fields.includes(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentFields(call: ImageCall, { fields }: FalEndpoint): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  if (!fields.includes('prompt') && call.prompt !== '') {
    warnings.push(toUnsupported('prompt', call.model));
  }
  if (call.widthPx === null || fields.includes('image_size')) return warnings;
  const message = fields.includes('aspect_ratio')
    ? `the provider takes shapes, not pixels: ${toShape(call)} was asked for`
    : 'the size follows the input picture';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'fal', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
