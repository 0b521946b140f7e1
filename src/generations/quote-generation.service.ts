import { Injectable } from '@nestjs/common';
import {
  type Budget,
  findResetsAt,
  toAllowance,
  toRemaining,
  wouldRefuse,
  isEnded,
} from '../billing/domain/budget.js';
import { toBudgetError } from '../billing/domain/budget-refusal.js';
import { BudgetsReader } from '../billing/domain/budgets.reader.port.js';
import type { ImagePriceBasis } from '../billing/domain/image-unit-price.js';
import {
  INSUFFICIENT_BALANCE,
  toInsufficientBalance,
} from '../billing/domain/insufficient-balance.js';
import { BASIS_POINTS } from '../billing/domain/total-micros.js';
import type { Wallet } from '../billing/domain/wallet.js';
import { WalletsService } from '../billing/wallets.service.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { chargeMicros, type Micros, toMicros, ZERO_MICROS } from '../common/micros.js';
import type { RouteDecision } from '../routing/route-plan.js';
import { CollectionsService } from '../spaces/collections.service.js';
import { AdmitGenerationService } from './admit-generation.service.js';
import type { Asking } from './asking.js';
import type { Draft } from './draft-generation.service.js';
import { CreditCheckService, USAGE_TYPE } from './credit-check.service.js';
import { listCandidates } from './domain/apply-candidate.js';
import type { Generation, StoredCandidate, StoredTerms } from './domain/generation.js';
import {
  assertOwnInputs,
  assertRequest,
  type GenerationRequest,
} from './domain/generation-request.js';
import { type HeldMoney, toHeldMoney } from './domain/held-money.js';
import { listThriftier } from './domain/list-thriftier.js';

export interface QuotedCap {
  budget: Budget;
  /** Whether it would refuse this request now. */
  wouldRefuse: boolean;
}

export interface GenerationQuote {
  /** What would run. */
  generation: Generation;
  decision: RouteDecision;
  /** The least that a success costs: one picture, in the cheapest size and quality that the request leaves open. */
  minMicros: Micros;
  /** The most: what would be held. */
  maxMicros: Micros;
  basis: ImagePriceBasis;
  terms: StoredTerms;
  /** Null = the space has none. */
  wallet: Wallet | null;
  caps: readonly QuotedCap[];
  /** What money would answer now; null = it would be admitted. */
  refusal: DomainError | null;
}

const ROUTE = 'POST /api/v1/image-generations/quote';
/** What vendors choose from where size or quality is left to them. A model that cannot do one is not asked for it. */
const OPEN_SIZES = [
  [1_024, 1_024],
  [1_024, 1_536],
  [1_536, 1_024],
] as const;
const OPEN_QUALITIES = ['low', 'medium', 'high', 'standard', 'hd'];
const PLAIN: StoredTerms = {
  tier: 'platform',
  funding: 'wallet',
  multiplierBp: BASIS_POINTS,
  ruleId: null,
  subscriptionId: null,
};

/** What a request would cost, by what it would be run, and whether money would let it: without doing any of it. */
@Injectable()
export class QuoteGenerationService {
  constructor(
    private readonly admissions: AdmitGenerationService,
    private readonly collections: CollectionsService,
    private readonly budgets: BudgetsReader,
    private readonly wallets: WalletsService,
    private readonly credit: CreditCheckService,
  ) {}

  /**
   * Holds nothing, writes nothing and calls nobody; pictures that go in are neither fetched nor looked at.
   * @throws DomainError what refuses the request itself, as creating it would: AdmitGenerationService.draft
   */
  async quote(asked: GenerationRequest, caller: Caller): Promise<GenerationQuote> {
    assertRequest(asked);
    if (caller.externalId !== undefined) assertOwnInputs(asked);
    const request = await this.admissions.foresee(asked);
    const { searchSpaceId, collectionId } = request;
    if (collectionId) await this.collections.assertInSpace(searchSpaceId, collectionId);
    const asking = toAsking(caller);
    const drafted = await this.admissions.draft(request, asking);
    const [minMicros, [wallet, budgets]] = await Promise.all([
      this.findLeast(request, drafted, asking),
      this.findMoney(drafted.generation),
    ]);
    const { generation, ...verdict } = judge(drafted.generation, wallet, budgets);
    return {
      generation,
      decision: drafted.decision,
      minMicros: toMicros(Math.min(minMicros, verdict.maxMicros)),
      basis: drafted.basis,
      terms: generation.quote.terms ?? PLAIN,
      wallet,
      ...verdict,
    };
  }

  /**
   * Says before anything is fetched what an admission would say of money. A repeat is answered without any.
   * @throws DomainError that refusal, and what refuses the request itself
   */
  async assertAffordable(request: GenerationRequest, asking: Asking): Promise<void> {
    if (await this.credit.isRepeat(asking)) return;
    const { generation } = await this.admissions.draft(request, asking);
    const { refusal } = judge(generation, ...(await this.findMoney(generation)));
    if (refusal) throw refusal;
  }

  /** The wallet, and every budget that has a say. */
  private findMoney(generation: Generation): Promise<[Wallet | null, readonly Budget[]]> {
    const { funding } = toHeldMoney(generation);
    return Promise.all([
      this.wallets.findBySpace(generation.searchSpaceId),
      this.budgets.listApplicable({
        searchSpaceId: generation.searchSpaceId,
        userId: generation.createdBy,
        apiKeyId: generation.apiKeyId,
        funding: funding === 'subscription' ? 'subscription' : 'wallet',
      }),
    ]);
  }

  /** Each open choice is drafted as a request of its own, so that what is left out is what would be refused. */
  private async findLeast(
    request: GenerationRequest,
    draft: Draft,
    asking: Asking,
  ): Promise<Micros> {
    const requests = draft.basis === 'dearest' ? listChoices(request) : [];
    const drafts = await Promise.all(requests.map((choice) => this.tryDraft(choice, asking)));
    const all = [draft, ...drafts.filter((one) => one !== null)];
    const candidates = all.flatMap(({ generation }) => listCandidates(generation));
    return toMicros(Math.min(...candidates.map(toPictureMicros)));
  }

  private async tryDraft(request: GenerationRequest, asking: Asking): Promise<Draft | null> {
    try {
      return await this.admissions.draft(request, asking);
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}

interface Verdict {
  /** On the candidates that money would let run. */
  generation: Generation;
  maxMicros: Micros;
  caps: QuotedCap[];
  refusal: DomainError | null;
}

/** As an admission goes: when money refuses the whole plan, what costs less is tried before that is said. */
function judge(drafted: Generation, wallet: Wallet | null, budgets: readonly Budget[]): Verdict {
  const verdicts = [drafted, ...listThriftier(drafted)].map((generation): Verdict => {
    const held = toHeldMoney(generation);
    const caps = budgets.map((budget) => ({
      budget,
      wouldRefuse: wouldRefuse(budget, held.amountMicros),
    }));
    const refusal = findRefusal(drafted, held, wallet, caps);
    return { generation, maxMicros: held.amountMicros, caps, refusal };
  });
  return verdicts.find(({ refusal }) => refusal === null) ?? verdicts[0]!;
}

/** One picture, on the caller's terms. */
function toPictureMicros({ quote }: StoredCandidate): Micros {
  const { unitMicros, terms = PLAIN } = quote;
  if (terms.funding === 'none') return ZERO_MICROS;
  return chargeMicros(terms.multiplierBp, unitMicros, BASIS_POINTS);
}

function listChoices(request: GenerationRequest): GenerationRequest[] {
  const { quality, widthPx } = request;
  const sizes: Partial<GenerationRequest>[] =
    widthPx === null
      ? OPEN_SIZES.map(([width, height]) => ({
          size: `${width}x${height}`,
          widthPx: width,
          heightPx: height,
        }))
      : [{}];
  const qualities = quality === null || quality === 'auto' ? [null, ...OPEN_QUALITIES] : [quality];
  return sizes.flatMap((size) =>
    qualities.map((one) => ({ ...request, ...size, quality: one, n: 1 })),
  );
}

/** In the order in which a hold asks: the wallet, then one budget after the other. */
function findRefusal(
  { createdAt }: Generation,
  { amountMicros: required, funding }: HeldMoney,
  wallet: Wallet | null,
  caps: readonly QuotedCap[],
): DomainError | null {
  const available = wallet?.availableMicros ?? 0;
  const balance = available + (wallet?.heldMicros ?? 0);
  if (wallet === null || (funding === 'wallet' && required > 0 && required > available)) {
    const refusal = {
      code: INSUFFICIENT_BALANCE,
      required_micros: required,
      remaining_micros: available,
      balance_micros: balance,
    };
    return toInsufficientBalance(refusal, USAGE_TYPE);
  }
  const cap = caps.find((one) => one.wouldRefuse)?.budget;
  if (!cap) return null;
  const verdict = {
    budgetId: cap.id,
    name: cap.name,
    scope: cap.scope,
    period: cap.period,
    limitMicros: toAllowance(cap),
    remainingMicros: toRemaining(cap),
    requiredMicros: required,
    balanceMicros: balance,
    resetsAt: findResetsAt(cap),
    reason: isEnded(cap) ? ('ended' as const) : ('limit' as const),
  };
  return toBudgetError(verdict, USAGE_TYPE, createdAt);
}

/** Asked for here, so that no idempotency key of a creation is meant. */
function toAsking(caller: Caller): Asking {
  return {
    caller,
    route: ROUTE,
    fingerprint: '',
    repetition: { key: null, isRetry: false },
    isRepeatable: false,
  };
}
