import type { EntityManager } from 'typeorm';
import { toMicros } from '../../common/micros.js';
import {
  type AnomalyRule,
  SpendAnomalies,
  type SpendAnomaly,
} from '../domain/spend-anomalies.port.js';

/** The days before that make up what is usual; a day without a call counts as nothing. */
const USUAL_DAYS = 14;

/** Whole numbers all through: charged × 100 × days > percent × sum of those days. Sums are `numeric` until stored. */
const NOTE = `
  WITH charged AS (
    SELECT search_space_id, sum(charged_micros) AS amount FROM usage_daily_models
     WHERE day = $1::date GROUP BY 1 HAVING sum(charged_micros) > $3::bigint
  ), compared AS (
    SELECT c.search_space_id, c.amount, coalesce(u.amount, 0) AS usual
      FROM charged c LEFT JOIN LATERAL (
        SELECT sum(m.charged_micros) AS amount FROM usage_daily_models m
         WHERE m.search_space_id = c.search_space_id
           AND m.day >= $1::date - ${USUAL_DAYS} AND m.day < $1::date) u ON true
  )
  INSERT INTO spend_anomalies (search_space_id, day, charged_micros, mean_micros)
  SELECT c.search_space_id, $1::date, c.amount, div(c.usual, ${USUAL_DAYS}) FROM compared c
   WHERE c.amount * 100 * ${USUAL_DAYS} > $2::int * c.usual
     AND NOT EXISTS (SELECT FROM spend_anomalies a
                      WHERE a.search_space_id = c.search_space_id AND a.day = $1::date)
   ORDER BY c.amount DESC, c.search_space_id LIMIT $4
  ON CONFLICT (search_space_id, day) DO NOTHING
  RETURNING search_space_id, day::text, charged_micros, mean_micros`;

interface AnomalyRow {
  search_space_id: string;
  day: string;
  charged_micros: string;
  mean_micros: string;
}

export class TypeormSpendAnomalies extends SpendAnomalies {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async note(day: string, rule: AnomalyRule): Promise<SpendAnomaly[]> {
    const { factorPercent, floorMicros, limit } = rule;
    const values = [day, factorPercent, floorMicros, limit];
    const rows = await this.manager.query<AnomalyRow[]>(NOTE, values);
    return rows.map((row) => ({
      searchSpaceId: row.search_space_id,
      day: row.day,
      chargedMicros: toMicros(row.charged_micros),
      meanMicros: toMicros(row.mean_micros),
    }));
  }
}
