import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { toSeedOf } from '../shared/fan-out-calls.js';
import { findNearestShape } from '../shared/nearest-shape.js';
import { PictureMarks } from '../shared/picture-marks.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { findEndpoint, type ReplicateEndpoint } from './replicate-image-api.js';
import { ASPECT_RATIOS, type ReplicateImageOptions } from './replicate-image-options.js';

export interface ReplicateImageRequest {
  path: string;
  /** Pictures that each prediction makes. */
  counts: number[];
  /** What goes in, by the model's names. */
  pictures: readonly [name: string, image: InputImage][];
  /**
   * The body of one prediction; pictures are read as it is sent.
   * @param urls of those pictures that were uploaded before
   */
  write(job: number, urls: Readonly<Record<string, string>>): string | AsyncIterable<string>;
  warnings: ProviderWarning[];
}

const SEED_MAX = 2_147_483_647;

/** Ours to the model's words. Unset fields are left out, so that the model's defaults hold. */
export function convertToReplicateImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: ReplicateImageOptions,
): ReplicateImageRequest {
  const endpoint = findEndpoint(call.vendorModel ?? call.model);
  if (!endpoint) throw toUnknownModel(call);
  const { outputsMax, version } = endpoint;
  const jobs = Math.ceil(call.n / outputsMax);
  const counts = Array.from({ length: jobs }, (_, job) =>
    Math.min(outputsMax, call.n - job * outputsMax),
  );
  const pictures = listPictures(call, endpoint);
  return {
    path: endpoint.path,
    counts,
    pictures,
    write: (job, urls) => {
      const marks = new PictureMarks();
      const given = pictures.map(([name, image]) => [
        name,
        urls[name] ?? `data:${image.mediaType};base64,${marks.add(image)}`,
      ]);
      const fields = toFields(call, endpoint, options, job, counts[job] ?? 1);
      const input = { ...endpoint.fixed, ...fields, ...Object.fromEntries(given) };
      return marks.write({ ...(version === null ? {} : { version }), input });
    },
    warnings: [
      ...listUnsentOptions(options, endpoint),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsentFields(call, endpoint),
    ],
  };
}

function toFields(
  call: ImageCall,
  endpoint: ReplicateEndpoint,
  options: ReplicateImageOptions,
  job: number,
  count: number,
): Record<string, unknown> {
  const { aspect_ratio: shape = null, ...others } = options;
  const hasPixels = endpoint.fields.includes('width') && call.widthPx !== null;
  const values: Record<string, unknown> = {
    category: toGarmentKind(call),
    ...others,
    prompt: call.prompt,
    aspect_ratio: hasPixels ? 'custom' : (toShape(call) ?? shape),
    width: call.widthPx,
    height: call.heightPx,
    num_outputs: count,
    num_inference_steps: call.steps,
    steps: call.steps,
    guidance: call.guidance,
    // Of the first picture; how the others of one prediction differ is the model's own.
    seed: toSeedOf(call.seed, job * endpoint.outputsMax, SEED_MAX),
    output_format: call.outputFormat === 'jpeg' ? 'jpg' : call.outputFormat,
    output_quality: call.compression,
  };
  const sent = endpoint.fields.map((name): [string, unknown] => [name, values[name]]);
  return Object.fromEntries(sent.filter(([, value]) => isSet(value)));
}

/** Where the garment is worn, in the words of the model that asks for it. */
function toGarmentKind({ inputImages }: ImageCall): string | null {
  const { category = null } = inputImages.find(({ role }) => role === 'garment') ?? {};
  if (category === 'dress') return 'dresses';
  return category === 'upper_body' || category === 'lower_body' ? category : null;
}

function toShape({ widthPx, heightPx }: ImageCall): string | null {
  if (widthPx === null || heightPx === null) return null;
  return findNearestShape(ASPECT_RATIOS, widthPx, heightPx);
}

function listPictures(call: ImageCall, endpoint: ReplicateEndpoint): [string, InputImage][] {
  return endpoint.pictures.flatMap(({ name, role }, at): [string, InputImage][] => {
    const image = call.inputImages.find((one) => one.role === role) ?? call.inputImages[at];
    return image ? [[name, image]] : [];
  });
}

function listUnsentOptions(
  options: ReplicateImageOptions,
  { fields }: ReplicateEndpoint,
): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !fields.includes(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentFields(call: ImageCall, { fields }: ReplicateEndpoint): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  if (!fields.includes('prompt') && call.prompt !== '') {
    warnings.push(toUnsupported('prompt', call.model));
  }
  if (call.widthPx === null || fields.includes('width')) return warnings;
  const message = fields.includes('aspect_ratio')
    ? `the provider takes shapes, not pixels: ${toShape(call)} was asked for`
    : 'the size follows the input picture';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'replicate', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
