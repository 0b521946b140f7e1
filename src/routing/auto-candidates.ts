import { Injectable } from '@nestjs/common';
import { CandidateGatherer } from './candidate-gatherer.js';
import { type AutoModel, chooseAuto } from './domain/choose-auto.js';
import type { Stop } from './domain/route.js';
import type { Service } from './list-reach.js';
import { isOpen, type PlanContext } from './plan-context.js';
import type { PlanTally } from './plan-tally.js';
import type { AnyModel } from './route-plan.js';

/** The models that are chosen where nobody named one, and those that a named one may be replaced by. */
@Injectable()
export class AutoCandidates {
  constructor(private readonly gatherer: CandidateGatherer) {}

  /** Adds them to what is there; a model that was looked at before is left out. */
  async gather<M extends AnyModel>(context: PlanContext<M>, tally: PlanTally<M>): Promise<void> {
    for (const stop of this.choose(context, tally)) {
      await this.gatherer.gather(context, stop, tally, true);
    }
  }

  private choose<M extends AnyModel>(context: PlanContext<M>, tally: PlanTally<M>): Stop[] {
    const models: AutoModel[] = [];
    for (const [name, services] of context.reach) {
      if (tally.hasModel(name)) continue;
      const model = this.weigh(context, name, services, tally);
      if (typeof model === 'string') tally.skip({ ...toPlace(services), model: name }, model);
      else models.push(model);
    }
    const { ids, ownIds, beyondIds } = chooseAuto(models, context.question.searchSpaceId);
    for (const model of beyondIds) tally.skip({ model }, 'not_among_best');
    return [...ids, ...ownIds].map((model) => ({
      model,
      connectionId: null,
      chain: [model],
      fault: null,
    }));
  }

  /** The model as it is compared, or why it is not. */
  private weigh<M extends AnyModel>(
    context: PlanContext<M>,
    name: string,
    services: readonly Service<M>[],
    tally: PlanTally<M>,
  ): AutoModel | string {
    if (!context.question.isAllowed(name)) return 'not_allowed';
    if (!isOpen(context, name)) return 'restricted';
    const able = services.filter(({ model }) => context.demand.mayServe(model));
    if (able.length === 0) return 'capability';
    let reason = 'failing';
    const callable = able.filter((service) => {
      const found = this.gatherer.findObjection(context, name, service, tally);
      if (found) reason = found.reason;
      return !found && !this.gatherer.isFailing(service);
    });
    if (callable.length === 0) return reason;
    return {
      id: name,
      tier: callable.some(({ connection }) => connection.scope === 'global') ? 'A' : 'BYOK',
      quality: Math.max(...callable.map(({ quality }) => quality)),
      success: Math.max(...callable.map((service) => this.gatherer.successOf(service))),
    };
  }
}

function toPlace([first]: readonly Service[]) {
  return { provider: first?.model.provider, connection: first?.connection.id };
}
