import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { type PricingData, PricingStateReader } from '../domain/pricing-state.reader.port.js';
import {
  type OverrideRow,
  type RuleRow,
  type SubscriptionRow,
  toOverride,
  toRule,
  toSubscription,
} from './pricing-rows.js';

/** One statement, so that revision and rows are of one moment. */
const READ = `
  SELECT s.revision::text AS revision,
         CASE WHEN s.revision IS DISTINCT FROM $1::bigint THEN jsonb_build_object(
           'overrides', (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.id), '[]') FROM price_overrides o),
           'rules', (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM price_rules r),
           'subscriptions', (SELECT coalesce(jsonb_agg(to_jsonb(u)), '[]') FROM subscriptions u
                              WHERE u.ended_at IS NULL)) END AS rows
    FROM price_state s`;

interface StateRow {
  revision: string;
  rows: {
    overrides: OverrideRow[];
    rules: RuleRow[];
    subscriptions: SubscriptionRow[];
  } | null;
}

@Injectable()
export class SqlPricingStateReader extends PricingStateReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async read(knownRevision: number | null): Promise<PricingData | null> {
    const [row] = await this.sql.query<StateRow>('pricing_state', READ, [knownRevision]);
    if (!row?.rows) return null;
    const { overrides, rules, subscriptions } = row.rows;
    return {
      revision: Number(row.revision),
      overrides: overrides.map(toOverride),
      rules: rules.map(toRule),
      subscriptions: subscriptions.map(toSubscription),
    };
  }
}
