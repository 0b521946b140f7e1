import { DomainError } from '../common/domain-error.js';
import type {
  GenerationRequest,
  ReferenceImage,
} from '../generations/domain/generation-request.js';
import { toRequestedSize } from '../generations/domain/size.js';
import type { CreateImageDto } from './create-image.dto.js';
import type { EditImageDto, EditImageFormDto, ImageReferenceDto } from './edit-image.dto.js';
import type { ImageFormPictures } from './image-forms.js';
import type { ImageOptionsDto } from './image-options.dto.js';
import type { VaryImageDto } from './vary-image.dto.js';

/** What goes on to vendors of OpenAI's form as it is, beside what all vendors know. Nothing else does. */
const PASSED_ON = [
  'moderation',
  'complexity',
  'input_fidelity',
  'safety_identifier',
  'user',
  'true_cfg_scale',
  'step',
  'mode',
] as const;
/** OpenAI's variations have no prompt, and some vendors make none without. */
const VARIATION_PROMPT = 'a variation of this picture';

/** OpenAI's body in our own words. */
export function toGenerationRequest(
  body: CreateImageDto,
  searchSpaceId: string,
): GenerationRequest {
  return {
    ...toCommon(body, searchSpaceId),
    prompt: body.prompt,
    style: body.style ?? undefined,
    optimizePrompt: body.optimize_prompt ?? undefined,
  };
}

export function toEditRequest(body: EditImageDto, searchSpaceId: string): GenerationRequest {
  return {
    ...toCommon(body, searchSpaceId),
    operation: 'edit',
    prompt: body.prompt,
    referenceImages: body.images.map((image, index) => toReference(image, `images[${index}]`)),
    mask: body.mask ? toReference(body.mask, 'mask') : null,
  };
}

/** @param pictures in the store already */
export function toFormEditRequest(
  body: EditImageFormDto,
  { id, images, mask }: ImageFormPictures,
  searchSpaceId: string,
): GenerationRequest {
  return {
    ...toCommon(body, searchSpaceId),
    id,
    operation: 'edit',
    prompt: body.prompt,
    referenceImages: images.map((staged) => ({ staged })),
    mask: mask && { staged: mask },
  };
}

export function toVariationRequest(
  body: VaryImageDto,
  { id, images }: ImageFormPictures,
  searchSpaceId: string,
): GenerationRequest {
  return {
    ...toCommon(body, searchSpaceId),
    id,
    operation: 'variation',
    prompt: VARIATION_PROMPT,
    referenceImages: images.map((staged) => ({ staged })),
  };
}

/**
 * Current OpenAI models answer base64 and nothing else, and so does every stream; a client that names one expects it.
 * @throws DomainError `request.invalid` for options that exclude each other
 */
export function toResponseFormat(
  body: Pick<ImageOptionsDto, 'model' | 'response_format' | 'stream' | 'partial_images'>,
): 'url' | 'b64_json' {
  if (body.stream && body.response_format === 'url') {
    throw DomainError.invalid('response_format', 'must be b64_json, or left out, with stream');
  }
  if (!body.stream && (body.partial_images ?? 0) > 0) {
    throw DomainError.invalid('partial_images', 'must be 0 without stream: true');
  }
  if (body.response_format) return body.response_format;
  return /^(gpt-image|chatgpt-image)/.test(body.model ?? '') ? 'b64_json' : 'url';
}

function toCommon(body: ImageOptionsDto, searchSpaceId: string): GenerationRequest {
  const size = toRequestedSize(body.size ?? undefined);
  return {
    searchSpaceId,
    prompt: '',
    model: body.model ?? null,
    operation: 'generate',
    n: body.n ?? 1,
    size: size.widthPx === null ? null : `${size.widthPx}x${size.heightPx}`,
    ...size,
    quality: body.quality ?? null,
    outputFormat: body.output_format ?? undefined,
    background: body.background ?? undefined,
    compression: body.output_compression ?? undefined,
    referenceImages: [],
    mask: null,
    providerOptions: {},
    ...toPassedOn(body),
    partialImages: body.partial_images ?? undefined,
    metadata: null,
  };
}

function toPassedOn(body: object): Pick<GenerationRequest, 'openaiOptions'> {
  const given = body as Partial<Record<(typeof PASSED_ON)[number], unknown>>;
  const passed = PASSED_ON.flatMap((name) => {
    const value = given[name] ?? null;
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return passed.length === 0 ? {} : { openaiOptions: Object.fromEntries(passed) };
}

function toReference({ image_url, file_id }: ImageReferenceDto, field: string): ReferenceImage {
  if ((file_id ?? null) !== null) {
    throw DomainError.invalid(
      `${field}.file_id`,
      'is not supported, as this service keeps no files: send image_url with an address or a data: URL',
    );
  }
  if ((image_url ?? null) === null) throw DomainError.invalid(`${field}.image_url`, 'is missing');
  const text = image_url as string;
  return text.startsWith('data:') ? { data: text } : { url: text };
}
