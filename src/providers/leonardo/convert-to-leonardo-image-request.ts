import { toSeedOf } from '../shared/fan-out-calls.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { LeonardoImageOptions } from './leonardo-image-options.js';
import { findModel, type LeonardoModel, PRESET_STYLES, STYLE_IDS } from './leonardo-models.js';

export interface LeonardoImageRequest {
  api: LeonardoModel['api'];
  /** Pictures that each generation makes. */
  counts: number[];
  /** To be uploaded before. */
  pictures: readonly InputImage[];
  /** The body of one generation. @param imageIds of the uploads, in their order */
  write(job: number, imageIds: readonly string[]): string;
  warnings: ProviderWarning[];
}

/** Of pictures with a longer side the vendor makes fewer at once. */
const LARGE_PX = 768;
/** The vendor makes 1024 x 768 when no size is asked for. */
const DEFAULT_SIDE_PX = 1_024;

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToLeonardoImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: LeonardoImageOptions,
): LeonardoImageRequest {
  const target = findModel(call.vendorModel ?? call.model);
  if (!target) throw toUnknownModel(call);
  const counts = toCounts(call, target);
  return {
    api: target.api,
    counts,
    pictures: call.inputImages.slice(0, target.inputsMax),
    write: (job, imageIds) => {
      const first = counts.slice(0, job).reduce((sum, count) => sum + count, 0);
      const seed = toSeedOf(call.seed, first, target.seedMax);
      const values = toValues({ ...call, seed, n: counts[job] ?? 1 }, options);
      return JSON.stringify(toBody(target, values, imageIds, options));
    },
    warnings: [
      ...listUnsentOptions(options, target),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsentFields(call, target),
    ],
  };
}

function toCounts({ n, widthPx, heightPx }: ImageCall, target: LeonardoModel): number[] {
  const longer = Math.max(widthPx ?? DEFAULT_SIDE_PX, heightPx ?? 0);
  const most = longer > LARGE_PX ? target.largeOutputsMax : target.outputsMax;
  return Array.from({ length: Math.ceil(n / most) }, (_, job) => Math.min(most, n - job * most));
}

/** By the vendor's names, of all its models. */
function toValues(call: ImageCall, options: LeonardoImageOptions): Record<string, unknown> {
  const style = call.style?.toLowerCase() ?? '';
  const preset = style.toUpperCase();
  const styleId = Object.hasOwn(STYLE_IDS, style) ? STYLE_IDS[style] : null;
  return {
    ...options,
    prompt: call.prompt,
    negative_prompt: call.negativePrompt,
    width: call.widthPx,
    height: call.heightPx,
    num_images: call.n,
    quantity: call.n,
    seed: call.seed,
    num_inference_steps: call.steps,
    guidance_scale: call.guidance,
    presetStyle: PRESET_STYLES.includes(preset) ? preset : null,
    styleUUID: styleId,
    style_ids: styleId && [styleId],
    transparency: call.background === 'transparent' ? 'foreground_only' : null,
    photoRealVersion: options.photoReal === true ? (options.photoRealVersion ?? 'v2') : null,
    // Without a picture there is nothing that could stay.
    init_strength: call.inputImages.length > 0 ? options.init_strength : null,
  };
}

function toBody(
  { api, id, fields }: LeonardoModel,
  values: Readonly<Record<string, unknown>>,
  imageIds: readonly string[],
  options: LeonardoImageOptions,
): object {
  const sent = fields
    .map((name): [string, unknown] => [name, values[name]])
    .filter(([, value]) => isSet(value));
  const given = Object.fromEntries(sent);
  const [first] = imageIds;
  if (api === 'universal_upscaler') return { initImageId: first, ...given };
  // Pictures of the public gallery are anybody's.
  const isPublic = { public: false };
  if (api === 'generations') {
    return { modelId: id, ...given, ...(first && { init_image_id: first }), ...isPublic };
  }
  const strength = options.image_strength ?? 'MID';
  const references = imageIds.map((image) => ({
    image: { id: image, type: 'UPLOADED' },
    strength,
  }));
  const guidances = references.length > 0 ? { guidances: { image_reference: references } } : {};
  return { model: id, parameters: { ...given, ...guidances }, ...isPublic };
}

function listUnsentOptions(
  options: LeonardoImageOptions,
  { api, fields }: LeonardoModel,
): ProviderWarning[] {
  const known = api === 'generations_v2' ? [...fields, 'image_strength'] : fields;
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !known.includes(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentFields(call: ImageCall, { fields }: LeonardoModel): ProviderWarning[] {
  if (call.widthPx === null || fields.includes('width')) return [];
  const message = 'the size follows the input picture';
  return [{ code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'leonardo', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
