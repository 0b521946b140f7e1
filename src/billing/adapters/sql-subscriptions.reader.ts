import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { SubscriptionWindow } from '../domain/subscription.js';
import {
  type ShownSubscription,
  SubscriptionsReader,
} from '../domain/subscriptions.reader.port.js';
import { type SubscriptionRow, toSubscription } from './pricing-rows.js';

/** A window that has ended counts nothing, whoever renews it. */
const SHOWN = `
  SELECT to_jsonb(u) AS subscription,
         (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'budget_id', b.id, 'window', b.period, 'limit_micros', b.limit_micros,
                   'used_micros', CASE WHEN b.period_end <= now() THEN 0
                                       ELSE b.spent_micros + b.held_micros END,
                   'resets_at', (billing_period(b.period, b.time_zone, now())).ends)
                 ORDER BY (billing_period(b.period, b.time_zone, now())).ends - (billing_period(b.period, b.time_zone, now())).starts), '[]')
            FROM budgets b WHERE b.id = ANY (u.budget_ids) AND b.deleted_at IS NULL) AS limits
    FROM subscriptions u`;

const LIST = `${SHOWN}
   WHERE ($1::uuid IS NULL OR u.search_space_id = $1) AND ($2::uuid IS NULL OR u.id < $2)
   ORDER BY u.id DESC LIMIT $3`;

const FIND = `${SHOWN} WHERE u.id = $1`;

interface ShownRow {
  subscription: SubscriptionRow;
  limits: {
    budget_id: string;
    window: SubscriptionWindow;
    limit_micros: number;
    used_micros: number;
    resets_at: string;
  }[];
}

@Injectable()
export class SqlSubscriptionsReader extends SubscriptionsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(searchSpaceId: string | null, page: PageRequest): Promise<ShownSubscription[]> {
    const values = [searchSpaceId, page.after, page.limit + 1];
    const rows = await this.sql.query<ShownRow>('subscriptions_list', LIST, values);
    return rows.map(toShown);
  }

  async find(id: string): Promise<ShownSubscription | null> {
    const [row] = await this.sql.query<ShownRow>('subscription_find', FIND, [id]);
    return row ? toShown(row) : null;
  }
}

function toShown({ subscription, limits }: ShownRow): ShownSubscription {
  return {
    ...toSubscription(subscription),
    limits: limits.map((limit) => ({
      budgetId: limit.budget_id,
      window: limit.window,
      limitMicros: limit.limit_micros,
      usedMicros: limit.used_micros,
      resetsAt: new Date(limit.resets_at),
    })),
  };
}
