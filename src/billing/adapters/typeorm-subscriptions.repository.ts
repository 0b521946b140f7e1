import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import { newId } from '../../common/ids.js';
import { findConstraint } from '../../persistence/sql-error.js';
import { type Subscription, SUBSCRIPTION_WINDOWS } from '../domain/subscription.js';
import {
  SubscriptionsRepository,
  type WindowLimits,
} from '../domain/subscriptions.repository.port.js';
import { type SubscriptionRow, toSubscription } from './pricing-rows.js';

const INSERT = `
  INSERT INTO subscriptions (id, search_space_id, name, starts_at, expires_at, time_zone, created_by, created_at)
  SELECT $1, $2, $3, $4, $5, z.name, $7, $8 FROM pg_timezone_names z WHERE lower(z.name) = lower($6) LIMIT 1
  RETURNING id`;

const UPDATE = `
  UPDATE subscriptions SET name = $2, expires_at = $3, ended_at = $4 WHERE id = $1`;

const END_LIMITS = `
  UPDATE budgets SET deleted_at = now()
   WHERE deleted_at IS NULL AND ($2::text IS NULL OR period = $2)
     AND id = ANY ((SELECT budget_ids FROM subscriptions WHERE id = $1)::uuid[])`;

const CHANGE_LIMIT = `
  UPDATE budgets SET limit_micros = $3
   WHERE deleted_at IS NULL AND period = $2
     AND id = ANY ((SELECT budget_ids FROM subscriptions WHERE id = $1)::uuid[]) RETURNING id`;

const IS_LIMITED = `
  SELECT b.id FROM budgets b WHERE b.deleted_at IS NULL
     AND b.id = ANY ((SELECT budget_ids FROM subscriptions WHERE id = $1)::uuid[]) LIMIT 1`;

/** A budget of the space that binds what its subscription pays. */
const ADD_LIMIT = `
  WITH made AS (
    INSERT INTO budgets (id, name, scope, subject_id, search_space_id, mode, period, time_zone, limit_micros,
        created_by, period_start, period_end)
    SELECT $2, left(u.name, 90) || ', ' || $3, 'subscription', u.search_space_id, u.search_space_id, 'hard', $3,
           u.time_zone, $4, u.created_by, p.starts, p.ends
      FROM subscriptions u CROSS JOIN LATERAL billing_period($3, u.time_zone, now()) p WHERE u.id = $1
    RETURNING id
  )
  UPDATE subscriptions u SET budget_ids = budget_ids || made.id FROM made WHERE u.id = $1`;

export class TypeormSubscriptionsRepository extends SubscriptionsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(): Promise<number> {
    await this.manager.query('SELECT revision FROM price_state FOR UPDATE');
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM subscriptions WHERE ended_at IS NULL',
    );
    return row?.count ?? 0;
  }

  async add(subscription: Subscription): Promise<void> {
    const { id, searchSpaceId, name, startsAt, expiresAt, timeZone } = subscription;
    const values = [id, searchSpaceId, name, startsAt, expiresAt, timeZone];
    const rows = await this.manager
      .query<{ id: string }[]>(INSERT, [...values, subscription.createdBy, subscription.createdAt])
      .catch(refuseKnown);
    if (rows.length === 0) throw DomainError.invalid('time_zone', 'is no IANA time zone');
  }

  async find(id: string): Promise<Subscription | null> {
    const [row] = await this.manager.query<{ subscription: SubscriptionRow }[]>(
      'SELECT to_jsonb(u) AS subscription FROM subscriptions u WHERE u.id = $1 FOR UPDATE',
      [id],
    );
    return row ? toSubscription(row.subscription) : null;
  }

  async update({ id, name, expiresAt, endedAt }: Subscription): Promise<void> {
    await this.manager.query(UPDATE, [id, name, expiresAt, endedAt]);
    if (endedAt !== null) await this.manager.query(END_LIMITS, [id, null]);
  }

  async setLimits({ id }: Subscription, limits: WindowLimits): Promise<void> {
    for (const window of SUBSCRIPTION_WINDOWS) {
      const limit = limits[window];
      if (limit === undefined) continue;
      if (limit === null) await this.manager.query(END_LIMITS, [id, window]);
      else await this.setLimit(id, window, limit);
    }
    // Without any, everything would be free of charge.
    if (!Object.values(limits).includes(null)) return;
    if ((await this.manager.query<object[]>(IS_LIMITED, [id])).length > 0) return;
    throw DomainError.invalid('month_limit_micros', 'or the limit of another window must stay');
  }

  private async setLimit(id: string, window: string, limitMicros: number): Promise<void> {
    // TypeORM answers an UPDATE with [rows, count].
    const [rows] = await this.manager.query<[object[], number]>(CHANGE_LIMIT, [
      id,
      window,
      limitMicros,
    ]);
    if (rows.length > 0) return;
    await this.manager.query(ADD_LIMIT, [id, newId(), window, limitMicros]);
  }
}

function refuseKnown(error: unknown): never {
  switch (findConstraint(error)) {
    case 'subscriptions_search_space_id_fkey':
      throw DomainError.invalid('search_space_id', 'is no search space');
    case 'subscriptions_one_open':
      throw new DomainError(
        'request.conflict',
        'This search space has a subscription. Renew that one, or end it first.',
      );
    default:
      throw error;
  }
}
