import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { PictureMarks } from '../shared/picture-marks.js';
import { toWhiteMask } from '../shared/to-white-mask.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { findEndpoint, type RunwareEndpoint } from './runware-image-api.js';
import type { RunwareImageOptions } from './runware-image-options.js';
import { toTaskId } from './runware-job.js';

export interface RunwareImageRequest {
  taskId: string;
  /** What is uploaded first, the mask last. */
  pictures: readonly InputImage[];
  /** The order. @param imageIds of the uploaded pictures */
  write(imageIds: readonly string[]): string;
  warnings: ProviderWarning[];
}

/** What the vendor takes instead of a seed of 0, which it does not know. */
const SEED_ZERO = 4_294_967_296;
const SIDE_PX_DEFAULT = 1_024;
const FACTOR_DEFAULT = 2;
const NO_PROMPT = '__BLANK__';
const PROMPT_CHARS_MIN = 2;

/** Ours to one task. Unset fields are left out, so that the model's defaults hold. */
export function convertToRunwareImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: RunwareImageOptions,
): RunwareImageRequest {
  const air = call.vendorModel ?? call.model;
  const endpoint = findEndpoint(air);
  if (!endpoint) throw toUnknownModel(call);
  assertSides(call, options);
  const taskId = toTaskId(call.attemptId, 'order');
  const inputs = endpoint.pictures === null ? [] : call.inputImages;
  const mask =
    endpoint.takesMask && call.mask ? toWhiteMask('runware', call.model, call.mask) : null;
  const write = (imageIds: readonly string[]): string => {
    const fields = {
      ...toFields(call, endpoint, options),
      ...toPictures(endpoint, imageIds.slice(0, inputs.length)),
      ...(mask && { maskImage: imageIds.at(-1) }),
    };
    const head = { taskType: endpoint.task, taskUUID: taskId, model: air };
    const tail = { outputType: 'URL', includeCost: true, deliveryMethod: 'async' };
    return JSON.stringify([{ ...head, ...fields, ...tail }]);
  };
  return {
    taskId,
    pictures: mask ? [...inputs, mask] : inputs,
    write,
    warnings: [
      ...listUnsentOptions(options, endpoint),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsentFields(call, endpoint),
    ],
  };
}

/** A picture on its way to the vendor, read as it is sent. */
export function writeUpload(taskId: string, image: InputImage): string | AsyncIterable<string> {
  const marks = new PictureMarks();
  const data = `data:${image.mediaType};base64,${marks.add(image)}`;
  return marks.write([{ taskType: 'imageUpload', taskUUID: taskId, image: data }]);
}

function toFields(
  call: ImageCall,
  { fields }: RunwareEndpoint,
  options: RunwareImageOptions,
): Record<string, unknown> {
  const { lora, loraWeight, safety, ...others } = options;
  const values: Record<string, unknown> = {
    ...others,
    positivePrompt: call.prompt.length < PROMPT_CHARS_MIN ? NO_PROMPT : call.prompt,
    negativePrompt: call.negativePrompt,
    width: call.widthPx ?? SIDE_PX_DEFAULT,
    height: call.heightPx ?? SIDE_PX_DEFAULT,
    numberResults: call.n,
    steps: call.steps,
    CFGScale: call.guidance,
    seed: call.seed === 0 ? SEED_ZERO : call.seed,
    upscaleFactor: options.upscaleFactor ?? FACTOR_DEFAULT,
    ...(isSet(lora) && { lora: [{ model: lora, weight: loraWeight ?? 1 }] }),
    ...(isSet(safety) && { safety: { checkContent: safety !== 'none', mode: safety } }),
  };
  const direct = fields.filter((name) => !isSide(name) && !isOfBfl(name));
  const sent = direct.map((name): [string, unknown] => [name, values[name]]);
  return {
    ...Object.fromEntries(sent.filter(([, value]) => isSet(value))),
    ...toGroup('outpaint', fields.filter(isSide), others),
    ...toGroup('bfl', fields.filter(isOfBfl), others),
    ...toFormat(call),
  };
}

/** Options that the vendor takes together, under a name of their own. */
function toGroup(
  name: 'outpaint' | 'bfl',
  fields: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const set = fields.filter((field) => isSet(options[field]));
  if (set.length === 0) return {};
  const group = Object.fromEntries(set.map((field) => [field, options[field]]));
  return name === 'bfl' ? { providerSettings: { bfl: group } } : { outpaint: group };
}

function toFormat({ outputFormat, compression }: ImageCall): Record<string, unknown> {
  if (!isSet(outputFormat)) return {};
  const format = outputFormat === 'jpeg' ? 'JPG' : outputFormat?.toUpperCase();
  const isQuality = isSet(compression) && outputFormat !== 'png';
  return { outputFormat: format, ...(isQuality && { outputQuality: toQuality(compression ?? 0) }) };
}

/** The vendor takes 20 to 99. */
function toQuality(compression: number): number {
  return Math.min(Math.max(compression, 20), 99);
}

function toPictures(
  { pictures }: RunwareEndpoint,
  imageIds: readonly string[],
): Record<string, unknown> {
  if (pictures === null || imageIds.length === 0) return {};
  return { [pictures]: pictures === 'referenceImages' ? imageIds : imageIds[0] };
}

function assertSides(call: ImageCall, options: RunwareImageOptions): void {
  if (call.operation !== 'outpaint') return;
  if (options.top || options.right || options.bottom || options.left) return;
  const others = 'provider_options.right, provider_options.bottom, provider_options.left';
  throw DomainError.invalid('provider_options.top', `, or ${others}, is needed by outpaint`);
}

function listUnsentOptions(
  options: RunwareImageOptions,
  { fields }: RunwareEndpoint,
): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => isSet(value) && !fields.includes(toField(name)))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentFields(call: ImageCall, endpoint: RunwareEndpoint): ProviderWarning[] {
  const { fields } = endpoint;
  const warnings: ProviderWarning[] = [];
  if (!fields.includes('positivePrompt') && call.prompt !== '') {
    warnings.push(toUnsupported('prompt', call.model));
  }
  if (call.mask && !endpoint.takesMask) warnings.push(toUnsupported('mask', call.model));
  if (call.widthPx === null || fields.includes('width')) return warnings;
  const message = 'the size follows the input picture';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'runware', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}

function toField(option: string): string {
  return option === 'loraWeight' ? 'lora' : option;
}

function isSide(field: string): boolean {
  return ['top', 'right', 'bottom', 'left'].includes(field);
}

function isOfBfl(field: string): boolean {
  return ['promptUpsampling', 'safetyTolerance'].includes(field);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
