import { Injectable } from '@nestjs/common';
import { PriceTerms } from '../billing/price-terms.js';
import { TokenPrices } from '../billing/token-prices.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { ModelPreferences } from '../connections/model-preferences.js';
import type { Candidate, RouteDecision, RoutePlan } from '../routing/route-plan.js';
import type { CallDraft, PricedCandidate, TextAsking, TextModel } from './call-draft.js';
import type { HeldTokens } from './domain/text-call.js';

/** Reasons to pass over one candidate of several. */
const PASSED_OVER: readonly string[] = ['billing.no_price', 'billing.subscription_expired'];

/** What a call needs to be paid for. */
export interface CallNeed<M extends TextModel> {
  /** What would be held for a model. */
  toTokens: (model: M) => HeldTokens;
  /** The field that asks for what has no price; null = none does. */
  unpriced: string | null;
}

/** From a plan to what each of its candidates costs at most. Writes nothing and asks memory alone. */
@Injectable()
export class DraftCallService {
  constructor(
    private readonly clock: Clock,
    private readonly prices: TokenPrices,
    private readonly terms: PriceTerms,
    private readonly preferences: ModelPreferences,
  ) {}

  /** @throws DomainError `billing.no_price`, `billing.subscription_expired` when that is so of every candidate */
  async draft<M extends TextModel>(
    asking: TextAsking,
    { candidates, decision }: RoutePlan<M>,
    need: CallNeed<M>,
  ): Promise<CallDraft<M>> {
    const startedAtMs = performance.now();
    const priced = await this.priceAll(candidates, decision, asking, need);
    const { failsOverRefusals } = await this.preferences.find(asking.searchSpaceId);
    const [first] = priced;
    return {
      id: newId(),
      holdId: newId(),
      kind: first!.candidate.model.kind,
      asking,
      inputTokens: need.toTokens(first!.candidate.model).inputTokens,
      candidates: priced,
      decision,
      failsOverRefusals,
      createdAt: this.clock.now(),
      startedAtMs,
    };
  }

  /** Those that have a price, at least one; the first one's fault when none has. */
  private async priceAll<M extends TextModel>(
    candidates: readonly Candidate<M>[],
    { route }: RouteDecision,
    asking: TextAsking,
    need: CallNeed<M>,
  ): Promise<PricedCandidate<M>[]> {
    const priced: PricedCandidate<M>[] = [];
    let fault: unknown = null;
    for (const candidate of candidates) {
      try {
        priced.push(await this.price(candidate, route, asking, need));
      } catch (error) {
        if (!(error instanceof DomainError) || !PASSED_OVER.includes(error.code)) throw error;
        fault ??= error;
      }
    }
    if (priced.length === 0) throw fault;
    return priced;
  }

  private async price<M extends TextModel>(
    candidate: Candidate<M>,
    route: string | null,
    { caller, searchSpaceId }: TextAsking,
    { toTokens, unpriced }: CallNeed<M>,
  ): Promise<PricedCandidate<M>> {
    const { model, connection, isOurChoice } = candidate;
    const terms = await this.terms.resolve({
      searchSpaceId,
      userId: caller.userId,
      routeNames: route === null || isOurChoice ? [model.id] : [route, model.id],
      connectionScope: connection.scope,
    });
    if (unpriced !== null && terms.tier !== 'byok') throw toUnpriced(unpriced);
    const { inputTokens, outputTokens } = toTokens(model);
    const { versionId, holdMicros } = await this.prices.quote({
      provider: model.provider,
      model: model.id,
      operation: model.kind,
      connection: connection.id,
      inputTokens,
      outputTokensMax: outputTokens,
      terms,
    });
    return { candidate, terms, versionId, holdMicros, funding: terms.funding, outputTokens };
  }
}

function toUnpriced(field: string): DomainError {
  return new DomainError(
    'billing.no_price',
    `${field} asks for what vendors charge apart, and there is no price for it. Leave it out, or use a connection of your own.`,
    { fields: [{ field, message: 'has no price' }] },
  );
}
