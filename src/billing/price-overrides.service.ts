import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError, type FieldFault } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { pickEffective, type PriceOverride } from './domain/merge-prices.js';
import { parsePriceLine } from './domain/parse-price-line.js';
import { PriceOverridesRepository } from './domain/price-overrides.repository.port.js';
import type { Price } from './domain/price.js';
import { PricingState } from './pricing-state.js';

export type OverrideStatus = 'effective' | 'scheduled' | 'superseded';

export interface ShownOverride extends PriceOverride {
  status: OverrideStatus;
}

export interface OverrideOptions {
  /** Null = at once. */
  effectiveAt: Date | null;
  note: string | null;
}

export interface ImportOptions extends OverrideOptions {
  /** Says what would be set, and sets nothing. */
  isDryRun: boolean;
  /** Takes what was set for these models before away. */
  replaces: boolean;
}

export interface ImportResult {
  imported: number;
  removed: number;
}

/** Of an installation: each stands in the price list of every process. */
const OVERRIDES_MAX = 5_000;
const FAULTS_NAMED_MAX = 100;

/** Prices that operators set on top of the list in the code. */
@Injectable()
export class PriceOverridesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly state: PricingState,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid` for a date that has passed, `request.conflict` when there are too many */
  async create(caller: Caller, price: Price, options: OverrideOptions): Promise<ShownOverride> {
    const override = this.toOverride(caller, price, options);
    await this.unitOfWork.run(async (scope) => {
      await this.addIn(scope, [override]);
      await scope.get(AuditTrail).record({
        action: 'price_override.created',
        target: { type: 'price_override', id: override.id },
        searchSpaceId: null,
        after: toState(override),
      });
      await scope.get(CacheEpochMark).bump();
    });
    return { ...override, status: options.effectiveAt === null ? 'effective' : 'scheduled' };
  }

  /**
   * Sets all the lines or none of them.
   * @throws DomainError `request.invalid` naming every faulty line; as `create`
   */
  async import(
    caller: Caller,
    lines: readonly unknown[],
    options: ImportOptions,
  ): Promise<ImportResult> {
    const overrides = parseLines(lines).map((price) => this.toOverride(caller, price, options));
    if (options.replaces && options.effectiveAt !== null) {
      throw DomainError.invalid('replace', 'takes prices away at once; leave effective_at out');
    }
    if (options.isDryRun) return { imported: overrides.length, removed: 0 };
    return this.unitOfWork.run(async (scope) => {
      const models = overrides.map(({ price }) => price);
      const removed = options.replaces
        ? await scope.get(PriceOverridesRepository).removeOfModels(toModels(models))
        : 0;
      await this.addIn(scope, overrides);
      await scope.get(AuditTrail).record({
        action: 'prices.imported',
        target: { type: 'price_list', id: null },
        searchSpaceId: null,
        after: {
          lines: overrides.length,
          removed,
          ids: overrides.map(({ id }) => id).slice(0, 100),
        },
      });
      await scope.get(CacheEpochMark).bump();
      return { imported: overrides.length, removed };
    });
  }

  /** Newest first, one more than the page asks for. */
  async list(page: PageRequest): Promise<ShownOverride[]> {
    const { overrides } = await this.state.current();
    const now = this.clock.now();
    const effective = new Set(pickEffective(overrides, now).map(({ id }) => id));
    return overrides
      .toReversed()
      .filter(({ id }) => page.after === null || id < page.after)
      .slice(0, page.limit + 1)
      .map((one) => ({ ...one, status: toStatus(one, effective, now) }));
  }

  /** What it had replaced counts again. @throws DomainError `request.not_found` */
  async remove(id: string): Promise<void> {
    if (!isId(id)) throw DomainError.notFound('price');
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(PriceOverridesRepository);
      await repository.lock();
      const removed = await repository.remove(id);
      if (!removed) throw DomainError.notFound('price');
      await scope.get(AuditTrail).record({
        action: 'price_override.deleted',
        target: { type: 'price_override', id },
        searchSpaceId: null,
        before: toState(removed),
      });
      await scope.get(CacheEpochMark).bump();
    });
  }

  private async addIn(scope: WorkScope, overrides: readonly PriceOverride[]): Promise<void> {
    const repository = scope.get(PriceOverridesRepository);
    const count = await repository.lock();
    if (count + overrides.length > OVERRIDES_MAX) {
      throw new DomainError(
        'request.conflict',
        `There may be ${OVERRIDES_MAX} prices on top of the built-in list. Delete superseded ones first.`,
      );
    }
    await repository.add(overrides);
  }

  private toOverride(caller: Caller, price: Price, options: OverrideOptions): PriceOverride {
    const now = this.clock.now();
    const { effectiveAt, note } = options;
    if (effectiveAt && effectiveAt <= now) {
      throw DomainError.invalid('effective_at', 'must lie ahead; leave it out for at once');
    }
    return {
      id: newId(),
      price,
      effectiveAt: effectiveAt ?? now,
      note,
      createdBy: caller.userId,
      createdAt: now,
    };
  }
}

function parseLines(lines: readonly unknown[]): Price[] {
  const faults: FieldFault[] = [];
  const prices = lines.flatMap((line, index) => {
    const parsed = parsePriceLine(line, `lines[${index}]`);
    if (!Array.isArray(parsed)) return [parsed];
    faults.push(...parsed);
    return [];
  });
  if (faults.length === 0) return prices;
  throw new DomainError(
    'request.invalid',
    `Nothing was imported: ${faults.length} faults in the lines, the first in ${faults[0]?.field}.`,
    { fields: faults.slice(0, FAULTS_NAMED_MAX) },
  );
}

function toModels(prices: readonly Price[]) {
  const models = prices.map(({ provider, model, connection }) => ({ provider, model, connection }));
  return [...new Map(models.map((one) => [JSON.stringify(one), one])).values()];
}

function toStatus(
  { id, effectiveAt }: PriceOverride,
  effective: ReadonlySet<string>,
  now: Date,
): OverrideStatus {
  if (effective.has(id)) return 'effective';
  return effectiveAt > now ? 'scheduled' : 'superseded';
}

function toState({ price, effectiveAt, note }: PriceOverride) {
  const { provider, model, unit, operation, connection, size, quality } = price;
  return {
    provider,
    model,
    unit,
    operation,
    connection,
    size,
    quality,
    micros_per_million: price.microsPerMillion,
    effective_at: effectiveAt.toISOString(),
    note,
  };
}
