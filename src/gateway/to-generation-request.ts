import type { GenerationRequest } from '../generations/domain/generation-request.js';
import { toRequestedSize } from '../generations/domain/size.js';
import type { CreateImageDto } from './create-image.dto.js';

/** OpenAI's body in our own words. */
export function toGenerationRequest(
  body: CreateImageDto,
  searchSpaceId: string,
): GenerationRequest {
  const size = toRequestedSize(body.size ?? undefined);
  return {
    searchSpaceId,
    prompt: body.prompt,
    model: body.model ?? null,
    operation: 'generate',
    n: body.n ?? 1,
    size: size.widthPx === null ? null : `${size.widthPx}x${size.heightPx}`,
    ...size,
    quality: body.quality ?? null,
    style: body.style ?? undefined,
    outputFormat: body.output_format ?? undefined,
    background: body.background ?? undefined,
    compression: body.output_compression ?? undefined,
    referenceImages: [],
    mask: null,
    providerOptions: {},
    metadata: null,
  };
}

/** Current OpenAI models answer base64 and nothing else; a client that names one expects it. */
export function toResponseFormat(body: CreateImageDto): 'url' | 'b64_json' {
  if (body.response_format) return body.response_format;
  return /^(gpt-image|chatgpt-image)/.test(body.model ?? '') ? 'b64_json' : 'url';
}
