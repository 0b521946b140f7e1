import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import {
  type Subscription,
  SUBSCRIPTION_WINDOWS,
  SUBSCRIPTIONS_MAX,
} from './domain/subscription.js';
import { type ShownSubscription, SubscriptionsReader } from './domain/subscriptions.reader.port.js';
import {
  SubscriptionsRepository,
  type WindowLimits,
} from './domain/subscriptions.repository.port.js';

export interface NewSubscription {
  searchSpaceId: string;
  name: string;
  /** Null = now. */
  startsAt: Date | null;
  expiresAt: Date;
  timeZone: string;
  limits: WindowLimits;
}

export interface SubscriptionChanges {
  name?: string;
  expiresAt?: Date;
  limits: WindowLimits;
}

/** Spaces that pay by the month elsewhere, and how much they may use. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionsReader,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid`, `request.conflict` while the space has another one */
  async create(caller: Caller, input: NewSubscription): Promise<ShownSubscription> {
    const now = this.clock.now();
    const { searchSpaceId, name, expiresAt, timeZone, limits } = input;
    const subscription: Subscription = {
      id: newId(),
      searchSpaceId,
      name,
      startsAt: input.startsAt ?? now,
      expiresAt,
      endedAt: null,
      timeZone,
      createdBy: caller.userId,
      createdAt: now,
    };
    assertSpan(subscription, now);
    if (!SUBSCRIPTION_WINDOWS.some((window) => typeof limits[window] === 'number')) {
      throw DomainError.invalid('month_limit_micros', 'or the limit of another window is missing');
    }
    await this.unitOfWork.run(
      async (scope) => {
        const repository = scope.get(SubscriptionsRepository);
        if ((await repository.lock()) >= SUBSCRIPTIONS_MAX) throw tooMany();
        await repository.add(subscription);
        await repository.setLimits(subscription, limits);
        await record(scope, 'subscription.created', { after: toState(subscription, limits) });
      },
      { searchSpaceIds: [searchSpaceId] },
    );
    return this.get(subscription.id);
  }

  /** Newest first, one more than the page asks for; null = of all spaces. */
  list(searchSpaceId: string | null, page: PageRequest): Promise<ShownSubscription[]> {
    return this.subscriptions.list(searchSpaceId, page);
  }

  /** @throws DomainError `request.not_found`, `request.conflict` for one that was ended, `request.invalid` */
  async change(
    id: string,
    { limits, ...changes }: SubscriptionChanges,
  ): Promise<ShownSubscription> {
    return this.apply(id, 'subscription.changed', async (repository, before) => {
      const after = { ...before, ...changes };
      if (changes.expiresAt) assertSpan(after, this.clock.now());
      await repository.update(after);
      await repository.setLimits(after, limits);
      return toState(after, limits);
    });
  }

  /** From now on the wallet pays again. @throws DomainError `request.not_found`, `request.conflict` */
  async end(id: string): Promise<ShownSubscription> {
    return this.apply(id, 'subscription.ended', async (repository, before) => {
      const after = { ...before, endedAt: this.clock.now() };
      await repository.update(after);
      return toState(after, {});
    });
  }

  private async apply(
    id: string,
    action: string,
    work: (repository: SubscriptionsRepository, before: Subscription) => Promise<State>,
  ): Promise<ShownSubscription> {
    const known = await this.get(id);
    await this.unitOfWork.run(
      async (scope) => {
        const repository = scope.get(SubscriptionsRepository);
        await repository.lock();
        const before = await repository.find(id);
        if (!before) throw DomainError.notFound('subscription');
        if (before.endedAt !== null) {
          throw new DomainError('request.conflict', 'The subscription was ended. Make a new one.');
        }
        const after = await work(repository, before);
        await record(scope, action, { before: toState(before, {}), after });
      },
      { searchSpaceIds: [known.searchSpaceId] },
    );
    return this.get(id);
  }

  private async get(id: string): Promise<ShownSubscription> {
    const subscription = isId(id) ? await this.subscriptions.find(id) : null;
    if (!subscription) throw DomainError.notFound('subscription');
    return subscription;
  }
}

type State = ReturnType<typeof toState>;

function toState(one: Subscription, limits: WindowLimits) {
  return {
    id: one.id,
    search_space_id: one.searchSpaceId,
    name: one.name,
    starts_at: one.startsAt.toISOString(),
    expires_at: one.expiresAt.toISOString(),
    ended_at: one.endedAt?.toISOString() ?? null,
    limits,
  };
}

async function record(
  scope: WorkScope,
  action: string,
  { before = null, after }: { before?: State | null; after: State },
): Promise<void> {
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'subscription', id: after.id },
    searchSpaceId: after.search_space_id,
    before,
    after,
  });
  await scope.get(CacheEpochMark).bump();
}

function assertSpan({ startsAt, expiresAt }: Subscription, now: Date): void {
  if (expiresAt <= now) throw DomainError.invalid('expires_at', 'must lie ahead');
  if (expiresAt <= startsAt) throw DomainError.invalid('expires_at', 'must be after starts_at');
}

function tooMany(): DomainError {
  return new DomainError(
    'request.conflict',
    `There may be ${SUBSCRIPTIONS_MAX} subscriptions at a time. End those that are not used.`,
  );
}
