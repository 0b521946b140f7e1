import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { findNearestShape } from '../shared/nearest-shape.js';
import { PictureMarks } from '../shared/picture-marks.js';
import { toWhiteMask } from '../shared/to-white-mask.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { type BflEndpoint, findEndpoint } from './bfl-image-api.js';
import { ASPECT_RATIOS, type BflImageOptions } from './bfl-image-options.js';

export interface BflImageRequest {
  path: string;
  /** The body of one of the requests; its pictures are read as it is sent. */
  write(seed: number | null): string | AsyncIterable<string>;
  warnings: ProviderWarning[];
}

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToBflImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: BflImageOptions,
): BflImageRequest {
  const endpoint = findEndpoint(call.vendorModel ?? call.model);
  if (!endpoint) throw toUnknownModel(call);
  assertNeeded(call, endpoint, options);
  return {
    path: endpoint.path,
    write: (seed) => {
      const marks = new PictureMarks();
      const pictures = listPictures(call, endpoint).map(([name, image]) => [
        name,
        marks.add(image),
      ]);
      const fields = toFields({ ...call, seed }, endpoint, options);
      return marks.write({ ...fields, ...Object.fromEntries(pictures) });
    },
    warnings: [
      ...listUnsentOptions(options, endpoint),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsentSizes(call, endpoint),
    ],
  };
}

function toFields(
  call: ImageCall,
  endpoint: BflEndpoint,
  options: BflImageOptions,
): Record<string, unknown> {
  const { aspect_ratio: shape = null, ...others } = options;
  const values: Record<string, unknown> = {
    ...others,
    prompt: call.prompt,
    seed: call.seed,
    width: call.widthPx,
    height: call.heightPx,
    aspect_ratio: toShape(call) ?? shape,
    steps: call.steps,
    guidance: call.guidance,
    output_format: call.outputFormat,
  };
  const sent = endpoint.fields.map((name): [string, unknown] => [name, values[name]]);
  return Object.fromEntries(sent.filter(([, value]) => isSet(value)));
}

function toShape({ widthPx, heightPx }: ImageCall): string | null {
  if (widthPx === null || heightPx === null) return null;
  return findNearestShape(ASPECT_RATIOS, widthPx, heightPx);
}

/** By their roles where the vendor tells them apart, else in their order. */
function listPictures(call: ImageCall, endpoint: BflEndpoint): [string, InputImage][] {
  const pictures = endpoint.pictures.flatMap((name, at): [string, InputImage][] => {
    const image = call.inputImages.find(({ role }) => role === name) ?? call.inputImages[at];
    return image ? [[name, image]] : [];
  });
  if (!call.mask || !endpoint.takesMask) return pictures;
  return [...pictures, ['mask', toWhiteMask('bfl', call.model, call.mask)]];
}

function assertNeeded(
  { model }: ImageCall,
  { needed }: BflEndpoint,
  options: BflImageOptions,
): void {
  // A side of 0 pixels adds nothing.
  if (needed.length === 0 || needed.some((name) => options[name as keyof BflImageOptions])) return;
  const [first = '', ...others] = needed.map((name) => `provider_options.${name}`);
  throw DomainError.invalid(first, `, or ${others.join(', ')}, is needed by ${model}`);
}

function listUnsentOptions(options: BflImageOptions, { fields }: BflEndpoint): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !fields.includes(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentSizes(call: ImageCall, { fields }: BflEndpoint): ProviderWarning[] {
  if (call.widthPx === null || fields.includes('width')) return [];
  const message = fields.includes('aspect_ratio')
    ? `the provider takes shapes, not pixels: ${toShape(call)} was asked for`
    : 'the size follows the input picture';
  return [{ code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'bfl', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
