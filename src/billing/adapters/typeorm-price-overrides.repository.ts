import type { EntityManager } from 'typeorm';
import type { PriceOverride } from '../domain/merge-prices.js';
import { PriceOverridesRepository } from '../domain/price-overrides.repository.port.js';
import { type OverrideRow, toOverride, toOverrideRow } from './pricing-rows.js';

const INSERT = `
  INSERT INTO price_overrides
  SELECT (jsonb_populate_record(NULL::price_overrides, x.line)).* FROM jsonb_array_elements($1::jsonb) AS x (line)`;

const REMOVE = `
  WITH gone AS (DELETE FROM price_overrides WHERE id = $1 RETURNING *)
  SELECT to_jsonb(gone) AS line FROM gone`;

const REMOVE_OF_MODELS = `
  WITH gone AS (
    DELETE FROM price_overrides o USING jsonb_to_recordset($1::jsonb)
        AS m (provider text, model text, connection text)
     WHERE o.provider = m.provider AND o.model = m.model
       AND o.connection IS NOT DISTINCT FROM m.connection RETURNING o.id
  ) SELECT count(*)::int AS count FROM gone`;

export class TypeormPriceOverridesRepository extends PriceOverridesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(): Promise<number> {
    await this.manager.query('SELECT revision FROM price_state FOR UPDATE');
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM price_overrides',
    );
    return row?.count ?? 0;
  }

  async add(overrides: readonly PriceOverride[]): Promise<void> {
    await this.manager.query(INSERT, [JSON.stringify(overrides.map(toOverrideRow))]);
  }

  async remove(id: string): Promise<PriceOverride | null> {
    const [row] = await this.manager.query<{ line: OverrideRow }[]>(REMOVE, [id]);
    return row ? toOverride(row.line) : null;
  }

  async removeOfModels(
    models: readonly { provider: string; model: string; connection: string | null }[],
  ): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(REMOVE_OF_MODELS, [
      JSON.stringify(models),
    ]);
    return row?.count ?? 0;
  }
}
