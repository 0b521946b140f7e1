import type { MediaAsset } from '../../media/domain/media-asset.js';
import type { Asking } from '../asking.js';
import { toFingerprint } from '../domain/fingerprint.js';
import type { Generation, StoredOptions } from '../domain/generation.js';
import type { GenerationRequest, ReferenceImage } from '../domain/generation-request.js';
import { toPriority } from '../domain/priority.js';
import type { StoredTryOn } from '../domain/try-on.js';

const ROUTE = 'POST /api/v1/ops/dead-letters/{id}/retry';
const MS_PER_S = 1_000;

/** The request that a generation came from, as far as its row tells; on other models only where it might fall back before. */
export function toRetryRequest(
  generation: Generation,
  assets: readonly MediaAsset[],
  id: string,
): GenerationRequest {
  const { options, deadlineAt, createdAt } = generation;
  const inputs = assets
    .filter(({ role }) => role === 'input')
    .toSorted((left, right) => left.index - right.index);
  const mask = assets.find(({ role }) => role === 'mask');
  return {
    id,
    searchSpaceId: generation.searchSpaceId,
    collectionId: generation.collectionId,
    prompt: generation.prompt,
    model: options.requestedModel ?? null,
    enableFallback: options.fallbacks?.length ? undefined : false,
    operation: generation.operation,
    n: generation.n,
    size: generation.size,
    widthPx: options.widthPx,
    heightPx: options.heightPx,
    quality: generation.quality,
    style: options.style,
    seed: options.seed,
    negativePrompt: options.negativePrompt,
    guidance: options.guidance,
    steps: options.steps,
    outputFormat: options.outputFormat,
    background: options.background,
    compression: options.compression,
    referenceImages: inputs.map(({ id: mediaId, index }) => ({
      mediaId,
      ...(options.tryOn && toDressed(options.tryOn, index)),
    })),
    mask: mask ? { mediaId: mask.id } : null,
    providerOptions: options.providerOptions,
    openaiOptions: options.openaiOptions,
    metadata: generation.metadata,
    tags: options.tags,
    promptTemplate: options.promptTemplate,
    ...toSent(options),
    priority: toPriority(generation.priority),
    deadlineS: deadlineAt
      ? Math.ceil((deadlineAt.getTime() - createdAt.getTime()) / MS_PER_S)
      : undefined,
    retriedFrom: generation.id,
  };
}

/** Who wears what, as it was told. */
function toDressed({ person, categories }: StoredTryOn, index: number): Partial<ReferenceImage> {
  if (index === person) return { role: 'person' };
  return { role: 'garment', garmentCategory: categories[index] ?? undefined };
}

/** What was sent first is sent again: nobody pays for another rewriting. One that failed may be tried anew. */
function toSent({ sentPrompt, promptValidation }: StoredOptions): Partial<GenerationRequest> {
  if (!promptValidation || promptValidation.outcome === 'optimization_failed') return {};
  return { sentPrompt, promptValidation };
}

/**
 * On behalf of whoever asked for it first: the same user, key and space pay, within the same budgets.
 * @param allowedModels what the key is held to by now; empty: nothing, or there is no key
 */
export function toRetryAsking(generation: Generation, allowedModels: readonly string[]): Asking {
  const { callerId, createdBy, apiKeyId, searchSpaceId } = generation;
  return {
    caller: {
      kind: apiKeyId === null ? 'user' : 'api_key',
      id: callerId,
      userId: createdBy,
      isOperator: false,
      sessionId: null,
      boundSpaceId: apiKeyId === null ? null : searchSpaceId,
      scopes: null,
      allowedModels,
    },
    route: ROUTE,
    fingerprint: toFingerprint({ retried_from: generation.id }),
    repetition: { key: null, isRetry: false },
    isRepeatable: false,
  };
}
