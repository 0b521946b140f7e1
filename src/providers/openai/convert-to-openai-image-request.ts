import { toStreamingFile } from 'openai';
import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions } from '../shared/list-unsupported-options.js';
import { toTryOnPrompt } from '../shared/try-on-task.js';
import { formatSize } from '../size-rule.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import type { OpenaiImageOptionName, OpenaiImageOptions } from './openai-image-options.js';

const PARTIAL_IMAGES_MAX = 3;

/**
 * `gpt_image`: the current models of OpenAI and Azure, which answer base64 and refuse `response_format`.
 * `compatible`: the DALL·E shape that self-hosted servers speak.
 */
export type OpenaiDialect = 'gpt_image' | 'compatible';
export type OpenaiEndpoint = 'generate' | 'edit' | 'variation';

export interface OpenaiImageRequest {
  endpoint: OpenaiEndpoint;
  body: Record<string, unknown>;
  warnings: ProviderWarning[];
}

const GPT_IMAGE_NAME = /^(?:gpt|chatgpt)-image/;

/** Which of the vendor's options go with which form; the others become warnings. */
const OPTIONS_SENT: Readonly<
  Record<OpenaiDialect, Record<OpenaiEndpoint, readonly OpenaiImageOptionName[]>>
> = {
  gpt_image: {
    generate: ['moderation', 'complexity', 'safety_identifier', 'user'],
    edit: ['complexity', 'input_fidelity', 'safety_identifier', 'user'],
    variation: [],
  },
  compatible: {
    generate: ['response_format', 'user', 'true_cfg_scale', 'step', 'mode'],
    edit: ['response_format', 'user', 'true_cfg_scale', 'step', 'mode'],
    variation: ['response_format', 'user'],
  },
};

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToOpenaiImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: OpenaiImageOptions,
): OpenaiImageRequest {
  const dialect = findDialect(call, model);
  const endpoint = findEndpoint(call, dialect);
  const { sent, warnings } = selectOptions(call, options, OPTIONS_SENT[dialect][endpoint]);
  if (model) warnings.push(...listUnsupportedOptions(call, model.capabilities));
  const body = {
    model: call.vendorModel ?? call.model,
    ...(endpoint === 'variation' ? {} : { prompt: toTryOnPrompt(call) ?? call.prompt }),
    n: call.n,
    ...(call.widthPx !== null && call.heightPx !== null
      ? { size: formatSize({ widthPx: call.widthPx, heightPx: call.heightPx }) }
      : {}),
    ...(dialect === 'gpt_image' ? toGptFields(call) : toCompatibleFields(call, model)),
    ...sent,
    ...toStreaming(call, dialect),
    ...toFiles(call, dialect, endpoint),
  };
  return { endpoint, body: withoutUnset(body), warnings };
}

/** Models that the catalogue does not list are told apart by the vendor's own naming. */
function findDialect(call: ImageCall, model: ImageModel | null): OpenaiDialect {
  if (model) return model.dialect === 'gpt_image' ? 'gpt_image' : 'compatible';
  return GPT_IMAGE_NAME.test(call.model) ? 'gpt_image' : 'compatible';
}

function findEndpoint(call: ImageCall, dialect: OpenaiDialect): OpenaiEndpoint {
  if (call.operation === 'generate') return 'generate';
  if (call.operation !== 'variation') return 'edit';
  if (dialect === 'compatible') return 'variation';
  throw new DomainError('routing.capability_missing', `The model ${call.model} cannot variation.`);
}

/** The vendor's own options, and over what the OpenAI address passed on. */
function selectOptions(
  call: ImageCall,
  options: OpenaiImageOptions,
  allowed: readonly OpenaiImageOptionName[],
): { sent: Record<string, unknown>; warnings: ProviderWarning[] } {
  const sent: Record<string, unknown> = {};
  const warnings: ProviderWarning[] = [];
  const take = (given: Readonly<Record<string, unknown>>, prefix: string) => {
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined || value === null) continue;
      if (allowed.includes(name as OpenaiImageOptionName)) sent[name] = value;
      else {
        const field = `${prefix}${name}`;
        const message = `${field} is not supported by this model and operation and was left out`;
        warnings.push({ code: 'unsupported_option', field, message });
      }
    }
  };
  take(call.openaiOptions ?? {}, '');
  take(options, 'provider_options.');
  return { sent, warnings };
}

/** Drafts come by a stream. Of several pictures at once the vendor's documents say nothing: those come whole. */
function toStreaming(call: ImageCall, dialect: OpenaiDialect): Record<string, unknown> {
  const { partialImages = 0, n } = call;
  if (dialect !== 'gpt_image' || partialImages === 0 || !call.onPartial || n > 1) return {};
  return { stream: true, partial_images: Math.min(partialImages, PARTIAL_IMAGES_MAX) };
}

function toGptFields(call: ImageCall): Record<string, unknown> {
  return {
    quality: call.quality,
    background: call.background,
    output_format: call.outputFormat,
    // The vendor refuses it with png, which is also what it makes when no format is named.
    output_compression: (call.outputFormat ?? 'png') === 'png' ? null : call.compression,
  };
}

/** To a model that is not in the catalogue everything is passed on: only its server knows what it takes. */
function toCompatibleFields(call: ImageCall, model: ImageModel | null): Record<string, unknown> {
  const has = (isSupported: boolean | undefined): boolean => isSupported ?? true;
  const capabilities = model?.capabilities;
  return {
    response_format: 'b64_json',
    quality: has(capabilities && capabilities.qualities.length > 0) ? call.quality : null,
    style: has(capabilities && capabilities.styles.length > 0) ? call.style : null,
    seed: has(capabilities?.seed) ? call.seed : null,
    negative_prompt: has(capabilities?.negativePrompt) ? call.negativePrompt : null,
    guidance_scale: has(capabilities?.guidance) ? call.guidance : null,
    num_inference_steps: has(capabilities?.steps) ? call.steps : null,
    output_format: model ? null : call.outputFormat,
    background: has(capabilities && capabilities.backgrounds.length > 0) ? call.background : null,
  };
}

/** GPT image models take `image[]` however many there are; older servers know a single `image` only. */
function toFiles(
  call: ImageCall,
  dialect: OpenaiDialect,
  endpoint: OpenaiEndpoint,
): Record<string, unknown> {
  if (endpoint === 'generate') return {};
  const images = call.inputImages.map(toFile);
  const isSingle = dialect === 'compatible' && images.length === 1;
  return {
    image: isSingle ? images[0] : images,
    ...(call.mask && endpoint === 'edit' ? { mask: toFile(call.mask) } : {}),
  };
}

/** Opened only when the form is written, and sent as it is read. */
function toFile(image: InputImage): unknown {
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const part of image.open()) yield part as Uint8Array;
  }
  return toStreamingFile(read(), image.name, { type: image.mediaType });
}

function withoutUnset(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== null && value !== undefined),
  );
}
