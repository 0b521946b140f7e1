import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { type MultipartForm, toMultipartForm } from '../shared/multipart-form.js';
import { findNearestShape } from '../shared/nearest-shape.js';
import { toWhiteMask } from '../shared/to-white-mask.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { findEndpoint, type StabilityEndpoint } from './stability-image-api.js';
import {
  ASPECT_RATIOS,
  type StabilityImageOptionName,
  type StabilityImageOptions,
} from './stability-image-options.js';

export interface StabilityImageRequest {
  path: string;
  /** Whether the answer is a job instead of a picture. */
  isLater: boolean;
  /** May be read once. */
  form: MultipartForm;
  warnings: ProviderWarning[];
}

/** The vendor asks for one with a picture: an edit may go further from it than a variation. */
const STRENGTH = { edit: '0.75', variation: '0.5' } as const;

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToStabilityImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: StabilityImageOptions,
): StabilityImageRequest {
  const endpoint = findEndpoint(call.vendorModel ?? call.model);
  if (!endpoint) throw toUnknownModel(call);
  assertNeeded(call, endpoint, options);
  const warnings = [
    ...listUnsentOptions(options, endpoint),
    ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
    ...listUnsentFields(call, endpoint),
  ];
  const fields = { ...endpoint.fixed, ...toFields(call, endpoint, options) };
  const form = toMultipartForm(fields, toFiles(call, endpoint));
  return { path: endpoint.path, isLater: endpoint.isLater, form, warnings };
}

function toFields(
  call: ImageCall,
  endpoint: StabilityEndpoint,
  options: StabilityImageOptions,
): Record<string, string> {
  const isFromPicture = call.inputImages.length > 0;
  const { strength = null, aspect_ratio: shape = null, ...others } = options;
  const values: Record<string, unknown> = {
    ...others,
    prompt: call.prompt,
    background_prompt: call.prompt,
    negative_prompt: call.negativePrompt,
    seed: call.seed,
    style_preset: call.style,
    output_format: call.outputFormat,
    cfg_scale: call.guidance,
    strength: isFromPicture ? (strength ?? toStrength(call)) : null,
    // A picture that goes in gives its own shape, but where only its style is taken.
    aspect_ratio:
      isFromPicture && endpoint.fields.includes('strength') ? null : (toShape(call) ?? shape),
  };
  const sent = endpoint.fields.map((name): [string, unknown] => [name, values[name]]);
  if (endpoint.fixed.model) sent.push(['mode', isFromPicture ? 'image-to-image' : 'text-to-image']);
  return Object.fromEntries(sent.filter(([, value]) => isSet(value)).map(toTextPair));
}

function toStrength({ operation }: ImageCall): string {
  return operation === 'variation' ? STRENGTH.variation : STRENGTH.edit;
}

/** The vendor knows shapes, not pixels: the nearest one. */
function toShape({ widthPx, heightPx }: ImageCall): string | null {
  if (widthPx === null || heightPx === null) return null;
  return findNearestShape(ASPECT_RATIOS, widthPx, heightPx);
}

function toFiles(call: ImageCall, endpoint: StabilityEndpoint): Record<string, InputImage> {
  const pictures = endpoint.pictures.flatMap((name, at): [string, InputImage][] => {
    const image = call.inputImages[at];
    return image ? [[name, image]] : [];
  });
  return {
    ...Object.fromEntries(pictures),
    ...(call.mask && endpoint.takesMask
      ? { mask: toWhiteMask('stability', call.model, call.mask) }
      : {}),
  };
}

function assertNeeded(
  { model }: ImageCall,
  { needed }: StabilityEndpoint,
  options: StabilityImageOptions,
): void {
  // A side of 0 pixels adds nothing.
  const isThere = needed.some((name) => options[name as StabilityImageOptionName]);
  if (needed.length === 0 || isThere) return;
  const [first, ...others] = needed.map((name) => `provider_options.${name}`);
  const alternatives = others.length > 0 ? `, or ${others.join(', ')},` : '';
  throw DomainError.invalid(first ?? '', `${alternatives} is needed by ${model}`.trim());
}

function listUnsentOptions(
  options: StabilityImageOptions,
  { fields }: StabilityEndpoint,
): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !(fields as readonly string[]).includes(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

/** What the common words say that this endpoint takes otherwise, or not at all. */
function listUnsentFields(call: ImageCall, { fields }: StabilityEndpoint): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  const takesPrompt = fields.includes('prompt') || fields.includes('background_prompt');
  if (!takesPrompt && call.prompt !== '') {
    warnings.push(toUnsupported('prompt', call.model));
  }
  if (call.widthPx === null) return warnings;
  const takesShape = fields.includes('aspect_ratio') && call.inputImages.length === 0;
  const message = takesShape
    ? `the provider takes shapes, not pixels: ${toShape(call)} was asked for`
    : 'the size follows the input picture';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const reason = 'model_not_found';
  return new ProviderError('invalid_request', {
    provider: 'stability',
    model,
    reason,
    canFailOver: true,
  });
}

function toTextPair([name, value]: [string, unknown]): [string, string] {
  return [name, String(value)];
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
