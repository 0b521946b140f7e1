import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { listReach } from './list-reach.js';
import type { ModelDemand } from './model-demand.js';
import type { PlanContext } from './plan-context.js';
import { PlanGathering } from './plan-gathering.js';
import { type Entry, PlanTally } from './plan-tally.js';
import {
  type AnyModel,
  CANDIDATES_TOLD_MAX,
  type RouteDecision,
  type RoutePlan,
  type RouteQuestion,
  type WeighedCandidate,
} from './route-plan.js';
import { RoutingState } from './routing-state.js';
import { type Wish, WishList } from './wish-list.js';

/** Of a plan that has more than one reading: the one that something came of. */
interface Draft<M extends AnyModel> {
  context: PlanContext<M>;
  wish: Wish;
  tally: PlanTally<M>;
  entries: Entry<M>[];
  beyond: Entry<M>[];
}

/** From a question to what runs and what it may fall back to; the same for models of every kind. */
@Injectable()
export class RoutePlanner {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly directory: ConnectionsDirectory,
    private readonly state: RoutingState,
    private readonly wishes: WishList,
    private readonly gathering: PlanGathering,
  ) {}

  /** @throws DomainError as RoutingService.plan */
  async plan<M extends AnyModel>(
    demand: ModelDemand<M>,
    question: RouteQuestion,
  ): Promise<RoutePlan<M>> {
    const startedMs = performance.now();
    const context = await this.open(demand, question);
    const tally = new PlanTally(demand);
    for (const wish of await this.wishes.list(context)) {
      await this.gathering.gather(context, wish, tally);
      if (tally.isEmpty) continue;
      const draft = this.cut(context, wish, tally);
      this.hold(context, draft);
      return {
        candidates: draft.entries.map(({ candidate }) => candidate),
        decision: toDecision(draft, startedMs),
      };
    }
    assert(tally.fault, 'a plan without candidates has a fault');
    throw tally.fault;
  }

  private async open<M extends AnyModel>(
    demand: ModelDemand<M>,
    question: RouteQuestion,
  ): Promise<PlanContext<M>> {
    const { searchSpaceId, session } = question;
    const [connections, book] = await Promise.all([
      this.directory.listFor(searchSpaceId),
      this.state.current(),
    ]);
    const reach = listReach<M>(connections, demand.kind);
    const draw = { searchSpaceId, session, seed: question.seed ?? randomUUID() };
    return { demand, question, reach, book, draw, now: this.clock.now() };
  }

  /** Not waited for: a stick that comes late, or never, does no harm. */
  private hold<M extends AnyModel>({ question }: PlanContext<M>, draft: Draft<M>): void {
    const [first] = draft.entries;
    if (question.session === null || !first || first.candidate.isSticky) return;
    if (!hasChoice(draft, first)) return;
    void this.gathering.hold(question.searchSpaceId, question.session, first.candidate);
  }

  private cut<M extends AnyModel>(
    context: PlanContext<M>,
    wish: Wish,
    tally: PlanTally<M>,
  ): Draft<M> {
    const same = dropOtherVendors(context.demand, tally);
    const limit = this.toLimit(context.question, wish);
    const entries = same.slice(0, limit);
    const isOwn = ({ candidate }: Entry<M>) => candidate.connection.scope !== 'global';
    // Who has no credit is left something that costs nothing.
    const own = wish.name === null && limit > 1 && !entries.some(isOwn) ? same.find(isOwn) : null;
    if (own) entries.splice(-1, 1, own);
    const kept = new Set(entries);
    return { context, wish, tally, entries, beyond: same.filter((entry) => !kept.has(entry)) };
  }

  private toLimit({ enableFallback, maxRetries }: RouteQuestion, { resolution }: Wish): number {
    const { retriesMax } = this.config.routing;
    const mayFallBack = enableFallback ?? resolution.route?.enableFallback ?? true;
    return mayFallBack ? 1 + Math.min(maxRetries ?? retriesMax, retriesMax) : 1;
  }
}

/** Whether its model is served by another connection as well. */
function hasChoice<M extends AnyModel>({ entries, beyond }: Draft<M>, first: Entry<M>): boolean {
  const isOther = (one: Entry<M>) =>
    one !== first && one.candidate.model.id === first.candidate.model.id;
  return entries.some(isOther) || beyond.some(isOther);
}

/** Options in a vendor's own words are for the provider that comes first, and for no other. */
function dropOtherVendors<M extends AnyModel>(
  { assertOptions }: ModelDemand<M>,
  tally: PlanTally<M>,
): Entry<M>[] {
  const [first] = tally.entries;
  if (!assertOptions || !first) return tally.entries;
  const { provider } = first.candidate.model;
  assertOptions(provider);
  return tally.entries.filter(({ candidate: { model, connection } }) => {
    if (model.provider === provider) return true;
    const place = { model: model.id, provider: model.provider, connection: connection.id };
    tally.skip(place, 'provider_options');
    return false;
  });
}

function toDecision<M extends AnyModel>(draft: Draft<M>, startedMs: number): RouteDecision {
  const { context, wish, tally, entries, beyond } = draft;
  const [first] = entries;
  const told = [
    ...entries.map((entry, index) => toTold(entry, index === 0 ? 'chosen' : 'fallback', null)),
    ...beyond.map((entry) => toTold(entry, 'skipped', 'beyond_limit')),
    ...tally.skipped,
  ];
  return {
    layer: wish.layer,
    requested: context.question.model,
    route: wish.resolution.route?.name ?? null,
    chain: first?.chain ?? [],
    stickyHit: first?.candidate.isSticky ?? false,
    candidates: told.slice(0, CANDIDATES_TOLD_MAX),
    candidateCount: told.length,
    topK: tally.topK,
    loadSkew: tally.loadSkew,
    decidedInUs: Math.round((performance.now() - startedMs) * 1_000),
  };
}

function toTold<M extends AnyModel>(
  { candidate, score, parts }: Entry<M>,
  outcome: WeighedCandidate['outcome'],
  reason: string | null,
): WeighedCandidate {
  const { model, connection } = candidate;
  const { id, provider } = model;
  return { model: id, provider, connection: connection.id, score, parts, outcome, reason };
}
