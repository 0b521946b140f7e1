import { newId } from '../common/ids.js';
import { type ImageCharge, IMPLAUSIBLE_USAGE } from '../billing/domain/charge-image.js';
import type { ConcludeMember } from '../billing/domain/settlement.js';
import { type Attempt, type Generation, toSentPrompt } from './domain/generation.js';
import { type Conclusion, type Outcome, toAttemptError } from './domain/outcome.js';

export const GENERATION_CONCLUDED = 'generation.concluded';
/** An event stays small, whatever the metadata holds. */
const SHOP_ID_LENGTH_MAX = 200;

export interface ConcludeParts {
  generation: Generation;
  attempt: Attempt;
  outcome: Outcome;
  conclusion: Conclusion;
  charge: ImageCharge;
  timingsMs: Record<string, number>;
  finishedAt: Date;
  /** Whether a repeat of the request may be tried under the same Idempotency-Key. */
  freesKey: boolean;
}

/** The concluding step of a generation: money, outcome, usage and news in one member. */
export function toConcludeMember(parts: ConcludeParts): ConcludeMember {
  const { generation, attempt, outcome, conclusion } = parts;
  const { error } = conclusion;
  const attemptError = toAttemptError(conclusion, outcome);
  return {
    settle: {
      hold_id: generation.holdId,
      transaction_id: newId(),
      ...(outcome.delivered > 0 || (outcome.billed ?? 0) > 0
        ? { action: 'post', amount_micros: parts.charge.chargeMicros }
        : { action: 'void' }),
      actor: toActor(generation),
      attempt_id: attempt.id,
      ...toReview(parts),
    },
    generation: {
      id: generation.id,
      status: conclusion.status,
      sent_prompt: toSentPrompt(generation),
      error_code: error?.code ?? null,
      error_message: error?.message ?? null,
      usage: outcome.usage,
      warnings: outcome.warnings,
      timings_ms: parts.timingsMs,
      finished_at: parts.finishedAt.toISOString(),
      free_key: parts.freesKey,
    },
    attempt: {
      id: attempt.id,
      state: conclusion.attemptState,
      vendor_request_id: outcome.vendorRequestId,
      error_code: attemptError?.code ?? null,
      error_message: attemptError?.message ?? null,
    },
    usage: {
      id: attempt.id,
      search_space_id: generation.searchSpaceId,
      collection_id: generation.collectionId,
      user_id: generation.createdBy,
      api_key_id: generation.apiKeyId,
      generation_id: generation.id,
      provider: generation.provider,
      connection: generation.connection,
      model: generation.model,
      requested_model: generation.options.requestedModel ?? null,
      operation: generation.operation,
      kind: 'image',
      tier: generation.quote.terms?.tier ?? 'platform',
      outcome: conclusion.status,
      images_requested: generation.n,
      images_delivered: outcome.delivered,
      price_version_id: generation.quote.priceVersionId,
      list_cost_micros: parts.charge.listMicros,
      multiplier_bp: generation.quote.terms?.multiplierBp,
      latency_ms: toLatencyMs(parts),
      ...toTokens(outcome.usage),
    },
    events: [
      {
        id: newId(),
        kind: GENERATION_CONCLUDED,
        search_space_id: generation.searchSpaceId,
        payload: toNews(parts),
      },
    ],
  };
}

/** What a person should look at. */
function toReview({ conclusion, charge }: ConcludeParts): { review?: string } {
  if (conclusion.attemptState === 'interrupted') return { review: 'interrupted' };
  return charge.isCut ? { review: IMPLAUSIBLE_USAGE } : {};
}

function toNews(parts: ConcludeParts): Record<string, unknown> {
  const { generation, outcome, conclusion } = parts;
  return {
    generation_id: generation.id,
    status: conclusion.status,
    operation: generation.operation,
    provider: generation.provider,
    model: generation.model,
    images: outcome.delivered,
    charged_micros: isOnSubscription(generation) ? 0 : parts.charge.chargeMicros,
    created_by: generation.createdBy,
    latency_ms: toLatencyMs(parts),
    links_version: generation.linksVersion,
    catalog_id: toShopId(generation.metadata?.catalog_id),
    end_user_id: toShopId(generation.metadata?.user_id),
  };
}

/** What a call costs then counts in the windows of the subscription; nobody is charged. */
function isOnSubscription({ quote }: Generation): boolean {
  return quote.terms?.funding === 'subscription';
}

/** Two processes may have told the times. */
function toLatencyMs({ generation, finishedAt }: ConcludeParts): number {
  return Math.max(0, finishedAt.getTime() - generation.createdAt.getTime());
}

/** What a try-on names its garment or its user by; null where the caller's metadata says nothing of the kind. */
function toShopId(id: unknown): string | null {
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  const text = String(id);
  return text !== '' && text.length <= SHOP_ID_LENGTH_MAX ? text : null;
}

/** Who acts, as the ledger writes it. */
export function toActor(generation: { apiKeyId: string | null; createdBy: string }): string {
  return generation.apiKeyId ? `api_key:${generation.apiKeyId}` : `user:${generation.createdBy}`;
}

function toTokens(usage: Record<string, unknown> | null): Record<string, number> {
  const tokens = {
    input_tokens: usage?.inputTokens,
    cached_input_tokens: usage?.cachedInputTextTokens,
    image_input_tokens: usage?.inputImageTokens,
    cached_image_input_tokens: usage?.cachedInputImageTokens,
    output_tokens: usage?.outputTokens,
    image_output_tokens: usage?.outputImageTokens,
  };
  return Object.fromEntries(
    Object.entries(tokens).filter(([, count]) => Number.isSafeInteger(count)),
  ) as Record<string, number>;
}
