import { DomainError } from '../common/domain-error.js';
import type { Exclusion, ServiceOrder } from './connection-chooser.js';
import type { Stop } from './domain/route.js';
import type { Service } from './list-reach.js';
import type { ModelDemand } from './model-demand.js';
import type { AnyModel, Candidate, WeighedCandidate } from './route-plan.js';

/** One that may be called, and how it came to its place. */
export interface Entry<M extends AnyModel> {
  candidate: Candidate<M>;
  chain: readonly string[];
  score: number;
  parts: Readonly<Record<string, number>>;
}

/** Where it was passed over: whole models have no connection. */
interface Place {
  model: string;
  provider?: string;
  connection?: string;
}

/** What a plan is made of while it is made: what may be called, in order, and what was passed over, and why. */
export class PlanTally<M extends AnyModel> {
  readonly entries: Entry<M>[] = [];
  readonly skipped: WeighedCandidate[] = [];
  readonly exclusions: Exclusion[] = [];
  /** Of the first model that was passed over: what the caller is told when nothing is left. */
  fault: DomainError | null = null;
  topK = 0;
  loadSkew = 0;
  private readonly seen = new Set<string>();
  private readonly models = new Set<string>();
  private readonly fits = new Map<M, Candidate['size'] | DomainError>();

  constructor(private readonly demand: ModelDemand<M>) {}

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  hasModel(name: string): boolean {
    return this.models.has(name);
  }

  /** Whether this model on this connection was looked at before; from now on it was. */
  isRepeated(name: string, { connection }: Service): boolean {
    const key = `${name}\n${connection.id}`;
    if (this.seen.has(key)) return true;
    this.seen.add(key);
    this.models.add(name);
    return false;
  }

  /** What the model would be asked for, or why it cannot; looked at once a model. */
  fit(model: M): Candidate['size'] | DomainError {
    const known = this.fits.get(model);
    if (known) return known;
    const found = this.tryFit(model);
    this.fits.set(model, found);
    return found;
  }

  /** @param isOurChoice whether nobody asked for it by name */
  add({ model: name, chain }: Stop, order: ServiceOrder<M>, isOurChoice: boolean): void {
    if (this.isEmpty) {
      this.topK = order.topK;
      this.loadSkew = order.loadSkew;
    }
    for (const { service, isSticky, score, parts } of order.services) {
      const { model, connection, vendorModel } = service;
      const size = this.fit(model);
      if (size instanceof DomainError) continue;
      const candidate = { model, connection, vendorModel, size, isSticky, isOurChoice };
      this.entries.push({ candidate, chain, score, parts });
      this.models.add(name);
    }
  }

  skip(place: Place, reason: string, fault: DomainError | null = null): void {
    this.models.add(place.model);
    this.fault ??= fault;
    const { model, provider = '', connection = '' } = place;
    const told = { model, provider, connection, score: null, parts: null };
    this.skipped.push({ ...told, outcome: 'skipped', reason });
  }

  /** Whether something was passed over for this reason. */
  hasReason(reason: string): boolean {
    return this.skipped.some((one) => one.reason === reason);
  }

  private tryFit(model: M): Candidate['size'] | DomainError {
    try {
      return this.demand.fit(model);
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  }
}
