import { Injectable } from '@nestjs/common';
import { toModelNotAllowed } from '../common/assert-model-allowed.js';
import { DomainError } from '../common/domain-error.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import { ConnectionChooser } from './connection-chooser.js';
import { isFailing } from './domain/choose-auto.js';
import type { Stop } from './domain/route.js';
import type { Service } from './list-reach.js';
import type { PlanContext } from './plan-context.js';
import type { PlanTally } from './plan-tally.js';
import type { AnyModel, ModelKind } from './route-plan.js';
import { toNoConnection, toUnavailable, toUnknown } from './routing.errors.js';

interface Refusal {
  reason: string;
  fault: DomainError;
}

const STOP_FAULTS = {
  loop: 'leads back to itself',
  chain_too_long: 'leads through too many names',
} as const;

/** From the models that a name came down to, to what may be called for them. */
@Injectable()
export class CandidateGatherer {
  constructor(
    private readonly chooser: ConnectionChooser,
    private readonly catalog: ModelCatalogService,
  ) {}

  /** Adds the model's connections in the order in which they are to be called, and what is passed over. */
  async gather<M extends AnyModel>(
    context: PlanContext<M>,
    stop: Stop,
    tally: PlanTally<M>,
    isAuto = false,
  ): Promise<void> {
    const refusal = this.findRefusal(context, stop);
    if (refusal) return tally.skip({ model: stop.model }, refusal.reason, refusal.fault);
    const usable = this.listServices(context, stop).filter((service) => {
      if (tally.isRepeated(stop.model, service)) return false;
      const found = this.findObjection(context, stop.model, service, tally);
      const reason = found?.reason ?? (isAuto && this.isFailing(service) ? 'failing' : null);
      if (reason === null) return true;
      tally.skip(toPlace(service), reason, found?.fault ?? null);
      return false;
    });
    if (usable.length === 0) return;
    const order = await this.chooser.order(stop.model, usable, context.draw);
    tally.add(stop, order, isAuto);
  }

  /** Whether it fails too often to be chosen by anybody but the caller. */
  isFailing({ connection, model }: Service): boolean {
    const {
      errorRate,
      recentErrorRate = errorRate,
      calls,
    } = this.chooser.look(connection, model.id);
    return isFailing(recentErrorRate, calls);
  }

  /** How much of what it was called for succeeds, 0 to 1. */
  successOf({ connection, model }: Service): number {
    const { errorRate, recentErrorRate = errorRate } = this.chooser.look(connection, model.id);
    return 1 - recentErrorRate;
  }

  /** Why the model is not to be called on this connection; null = it may be. */
  findObjection<M extends AnyModel>(
    { demand, question, now }: PlanContext<M>,
    name: string,
    { connection, model }: Service<M>,
    tally: PlanTally<M>,
  ): Refusal | null {
    const fit = tally.fit(model);
    if (fit instanceof DomainError) {
      return {
        reason: fit.code === 'routing.model_retired' ? 'retired' : 'capability',
        fault: fit,
      };
    }
    const exclusion = this.chooser.findExclusion(connection, name);
    if (exclusion) {
      const { reason } = exclusion;
      tally.exclusions.push(exclusion);
      const isOff = reason === 'disabled' || reason === 'expired';
      const fault = isOff
        ? toNoConnection(name, model.provider)
        : toUnavailable(name, [exclusion], now);
      return { reason, fault };
    }
    if (!demand.isSpoken(model.provider)) {
      return { reason: 'no_provider', fault: toNoConnection(name, null) };
    }
    const objection = question.findObjection?.(name, connection) ?? null;
    if (objection === null) return null;
    return { reason: objection, fault: toNoConnection(name, model.provider) };
  }

  /** Why the name leads to nothing, whatever its connections; null = it has some. */
  private findRefusal<M extends AnyModel>(context: PlanContext<M>, stop: Stop): Refusal | null {
    const { model, chain, fault } = stop;
    if (fault) {
      const message = `The route of ${chain[0]} ${STOP_FAULTS[fault]}: an operator must change it.`;
      return { reason: fault, fault: new DomainError('routing.no_connection', message) };
    }
    const { question, demand, reach } = context;
    const known = this.findInCatalog(demand.kind, model) as M | null;
    const services = reach.get(model) ?? [];
    if (!known && services.length === 0) {
      return { reason: 'unknown', fault: toUnknown(model, [...reach.keys()]) };
    }
    // Operators vouch for what a name stands for: who may ask for the name may have it.
    if (!chain.some((name) => question.isAllowed(name)) && !question.isAllowed(model)) {
      return { reason: 'not_allowed', fault: toModelNotAllowed(model) };
    }
    if (this.listServices(context, stop).length > 0) return null;
    return { reason: 'no_connection', fault: this.toMissing(context, model, known) };
  }

  /** A model that cannot do it at all says so first: no connection would help. */
  private toMissing<M extends AnyModel>(
    { demand }: PlanContext<M>,
    name: string,
    model: M | null,
  ): DomainError {
    try {
      if (model) demand.fit(model);
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
    return toNoConnection(name, model?.provider ?? null);
  }

  private listServices<M extends AnyModel>(
    { reach }: PlanContext<M>,
    { model, connectionId }: Stop,
  ): readonly Service<M>[] {
    const services = reach.get(model) ?? [];
    if (connectionId === null) return services;
    return services.filter(({ connection }) => connection.id === connectionId);
  }

  private findInCatalog(kind: ModelKind, name: string): AnyModel | null {
    switch (kind) {
      case 'image':
        return this.catalog.findImageModel(name);
      case 'chat':
        return this.catalog.findChatModel(name);
      case 'embedding':
        return this.catalog.findEmbeddingModel(name);
    }
  }
}

function toPlace({ connection, model }: Service) {
  return { model: model.id, provider: model.provider, connection: connection.id };
}
