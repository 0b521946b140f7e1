import type { MediaAsset } from '../../media/domain/media-asset.js';
import { type RouteDecisionDto, toRouteDecisionDto } from './route-decision.dto.js';
import type { RouteDecision } from '../../routing/route-plan.js';
import { toPriority } from '../domain/priority.js';
import type { Attempt, Generation, GenerationError } from '../domain/generation.js';
import type { PromptValidation } from '../domain/prompt-rules.js';
import type { GenerationLinks } from '../generation-links.js';
import { listBudgetWarnings } from '../list-budget-warnings.js';
import type { GenerationView } from '../generation-view.js';
import type {
  AttemptDto,
  GeneratedImageDto,
  GenerationDto,
  GenerationFaultDto,
  PromptValidationDto,
} from './generation.dto.js';

/** The record as callers see it, with fresh links. */
export function toGenerationResponse(view: GenerationView, links: GenerationLinks): GenerationDto {
  const { generation } = view;
  const budgets = listBudgetWarnings(generation);
  return {
    id: generation.id,
    search_space_id: generation.searchSpaceId,
    collection_id: generation.collectionId,
    status: generation.status,
    operation: generation.operation,
    prompt: generation.prompt,
    sent_prompt: generation.sentPrompt,
    prompt_validation: toPromptValidation(generation.options.promptValidation),
    prompt_template: generation.options.promptTemplate ?? null,
    model: generation.model,
    requested_model: generation.options.requestedModel ?? null,
    provider: generation.provider,
    size: generation.size,
    quality: generation.quality,
    n: generation.n,
    metadata: generation.metadata,
    priority: toPriority(generation.priority),
    deadline_at: generation.deadlineAt?.toISOString() ?? null,
    retried_from: generation.retriedFrom,
    tags: [...(view.labels?.tags ?? generation.options.tags ?? [])],
    is_favourite: view.labels?.isFavourite ?? false,
    images: view.images.map((asset) => toImage(asset, generation, links)),
    error: toFault(generation.error),
    cost_micros: generation.costMicros,
    attempts: view.attempts.map(toAttempt),
    routing: toRouting(generation.options.decision),
    warnings: generation.warnings.map(({ code, message }) => ({ code, message })),
    ...(budgets.length > 0 && { budget_warnings: budgets }),
    timings_ms: generation.timingsMs,
    created_by: generation.createdBy,
    created_at: generation.createdAt.toISOString(),
    finished_at: generation.finishedAt?.toISOString() ?? null,
  };
}

/** Rows from before prompts were looked at have none. */
function toPromptValidation(validation: PromptValidation | undefined): PromptValidationDto | null {
  if (!validation) return null;
  return {
    outcome: validation.outcome,
    original_length: validation.originalLength,
    optimized_length: validation.optimizedLength,
    optimization_time_ms: validation.optimizationTimeMs,
    model: validation.model,
  };
}

/** Rows from before decisions were kept have none. */
function toRouting(decision: object | undefined): RouteDecisionDto | null {
  return decision ? toRouteDecisionDto(decision as RouteDecision) : null;
}

function toImage(
  asset: MediaAsset,
  generation: Generation,
  links: GenerationLinks,
): GeneratedImageDto {
  return {
    id: asset.id,
    index: asset.index,
    url: links.toUrl(generation, asset),
    thumbnail_url: links.toThumbnailUrl(asset),
    width: asset.widthPx,
    height: asset.heightPx,
    format: asset.format,
    bytes: asset.sizeBytes,
    sha256: asset.sha256,
    thumbhash: asset.thumbhash ?? null,
    seed: asset.seed,
  };
}

function toAttempt(attempt: Attempt): AttemptDto {
  return {
    id: attempt.id,
    ordinal: attempt.ordinal,
    provider: attempt.provider,
    model: attempt.model,
    connection: attempt.connection,
    state: attempt.state,
    error: toFault(attempt.error),
    cost_micros: attempt.costMicros,
  };
}

function toFault(error: GenerationError | null): GenerationFaultDto | null {
  return error && { code: error.code, message: error.message };
}
