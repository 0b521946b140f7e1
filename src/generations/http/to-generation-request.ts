import type { GenerationRequest, ReferenceImage } from '../domain/generation-request.js';
import { toRequestedSize } from '../domain/size.js';
import { toTags } from '../domain/tags.js';
import { DEFAULT_PROMPTS } from '../domain/default-prompts.js';
import type { CreateGenerationDto, ReferenceImageDto } from './create-generation.dto.js';
import { toTemplateWish } from './prompt-template.dto.js';
import { toConsentStatement } from '../try-on-consent.dto.js';

/** The native body in our own words, for the space that the guard asserted; null means the same as absent. */
export function toGenerationRequest(
  body: CreateGenerationDto,
  searchSpaceId: string,
): GenerationRequest {
  const size = toRequestedSize(body.size ?? undefined, body.aspect_ratio ?? undefined);
  return {
    searchSpaceId,
    collectionId: body.collection_id ?? null,
    prompt: body.prompt ?? (body.prompt_template ? '' : toDefaultPrompt(body)),
    ...(body.prompt_template && { templateWish: toTemplateWish(body.prompt_template) }),
    optimizePrompt: body.optimize_prompt ?? undefined,
    model: body.model ?? null,
    enableFallback: body.enable_fallback ?? undefined,
    maxRetries: body.max_retries ?? undefined,
    operation: body.operation ?? 'generate',
    n: body.n ?? 1,
    size: size.widthPx === null ? null : `${size.widthPx}x${size.heightPx}`,
    ...size,
    isShape: isGiven(body.aspect_ratio),
    quality: body.quality ?? null,
    style: body.style ?? undefined,
    seed: body.seed ?? undefined,
    negativePrompt: body.negative_prompt ?? undefined,
    guidance: body.guidance ?? undefined,
    steps: body.steps ?? undefined,
    outputFormat: body.output_format ?? undefined,
    background: body.background ?? undefined,
    referenceImages: (body.reference_images ?? []).map(toReference),
    mask: body.mask ? toReference(body.mask) : null,
    ...(body.consent && { consent: toConsentStatement(body.consent) }),
    providerOptions: body.provider_options ?? {},
    metadata: body.metadata ?? null,
    tags: toTags(body.tags ?? []),
    priority: body.priority ?? undefined,
    deadlineS: body.deadline_s ?? undefined,
  };
}

/** The body was checked: without a prompt the operation has one of its own. */
function toDefaultPrompt({ operation }: CreateGenerationDto): string {
  return DEFAULT_PROMPTS[operation ?? 'generate'] ?? '';
}

function toReference(image: ReferenceImageDto): ReferenceImage {
  return {
    ...(isGiven(image.media_id) && { mediaId: image.media_id }),
    ...(isGiven(image.url) && { url: image.url }),
    ...(isGiven(image.data) && { data: image.data }),
    ...(isGiven(image.role) && { role: image.role }),
    ...(isGiven(image.garment_category) && { garmentCategory: image.garment_category }),
  };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
