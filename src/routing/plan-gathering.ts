import { Injectable } from '@nestjs/common';
import { toModelNotAllowed } from '../common/assert-model-allowed.js';
import type { DomainError } from '../common/domain-error.js';
import { AutoCandidates } from './auto-candidates.js';
import { CandidateGatherer } from './candidate-gatherer.js';
import { ConnectionChooser } from './connection-chooser.js';
import { listOpenNames, type PlanContext } from './plan-context.js';
import type { PlanTally } from './plan-tally.js';
import type { AnyModel, Candidate } from './route-plan.js';
import { toNothingFits, toRestricted, toUnavailable } from './routing.errors.js';
import { AUTO, type Wish } from './wish-list.js';

/** Collects what may be called for one reading of a question. */
@Injectable()
export class PlanGathering {
  constructor(
    private readonly gatherer: CandidateGatherer,
    private readonly auto: AutoCandidates,
    private readonly chooser: ConnectionChooser,
  ) {}

  /** Holds the conversation to the connection. Never throws. */
  hold<M extends AnyModel>(
    searchSpaceId: string,
    session: string,
    { model, connection }: Candidate<M>,
  ): Promise<void> {
    return this.chooser.hold(searchSpaceId, session, model.id, connection.id);
  }

  async gather<M extends AnyModel>(
    context: PlanContext<M>,
    wish: Wish,
    tally: PlanTally<M>,
  ): Promise<void> {
    if (wish.refusal) {
      tally.skip({ model: wish.name ?? AUTO }, 'restricted', wish.refusal);
      return;
    }
    if (wish.name === null) {
      await this.auto.gather(context, tally);
      if (tally.isEmpty) tally.fault ??= toAutoFault(context, tally);
      return;
    }
    for (const stop of wish.resolution.stops) await this.gatherer.gather(context, stop, tally);
    // A name nobody knows, or may not be asked for, is not replaced by another.
    const isHopeless =
      tally.isEmpty && (tally.hasReason('unknown') || tally.hasReason('not_allowed'));
    if (context.question.enableFallback === true && !isHopeless) {
      await this.auto.gather(context, tally);
    }
  }
}

function toAutoFault<M extends AnyModel>(
  context: PlanContext<M>,
  tally: PlanTally<M>,
): DomainError {
  if (
    tally.exclusions.some(({ reason }) => reason === 'cooling_down' || reason === 'breaker_open')
  ) {
    return toUnavailable('a model of our choice', tally.exclusions, context.now);
  }
  if (tally.hasReason('not_allowed')) return toModelNotAllowed(AUTO);
  if (tally.hasReason('restricted')) return toRestricted(AUTO, listOpenNames(context));
  return toNothingFits();
}
