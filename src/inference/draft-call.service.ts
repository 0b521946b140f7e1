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

/** From a plan to what each of its candidates costs at most. Writes nothing and asks memory alone. */
@Injectable()
export class DraftCallService {
  constructor(
    private readonly clock: Clock,
    private readonly prices: TokenPrices,
    private readonly terms: PriceTerms,
    private readonly preferences: ModelPreferences,
  ) {}

  /**
   * @param toTokens what would be held for a model
   * @throws DomainError `billing.no_price`, `billing.subscription_expired` when that is so of every candidate
   */
  async draft<M extends TextModel>(
    asking: TextAsking,
    { candidates, decision }: RoutePlan<M>,
    toTokens: (model: M) => HeldTokens,
  ): Promise<CallDraft<M>> {
    const startedAtMs = performance.now();
    const priced = await this.priceAll(candidates, decision, asking, toTokens);
    const { failsOverRefusals } = await this.preferences.find(asking.searchSpaceId);
    const [first] = priced;
    return {
      id: newId(),
      holdId: newId(),
      kind: first!.candidate.model.kind,
      asking,
      inputTokens: toTokens(first!.candidate.model).inputTokens,
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
    toTokens: (model: M) => HeldTokens,
  ): Promise<PricedCandidate<M>[]> {
    const priced: PricedCandidate<M>[] = [];
    let fault: unknown = null;
    for (const candidate of candidates) {
      try {
        priced.push(await this.price(candidate, route, asking, toTokens(candidate.model)));
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
    { inputTokens, outputTokens }: HeldTokens,
  ): Promise<PricedCandidate<M>> {
    const { model, connection, isOurChoice } = candidate;
    const terms = await this.terms.resolve({
      searchSpaceId,
      userId: caller.userId,
      routeNames: route === null || isOurChoice ? [model.id] : [route, model.id],
      connectionScope: connection.scope,
    });
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
