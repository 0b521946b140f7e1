import { Injectable } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import { newId } from '../../common/ids.js';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Price, PriceUnit } from '../domain/price.js';
import { PricesRepository } from '../domain/prices.repository.port.js';

/** One statement: a version is there with all of its rows, or not at all. A rival waits for the unique hash. */
const INSERT = `
  WITH fresh AS (
    INSERT INTO price_versions (id, content_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id
  )
  INSERT INTO prices (version_id, ordinal, provider, model, unit, size, quality, pixels_max,
    input_tokens_above, operation, connection, microcredits, micros_per_million)
  SELECT fresh.id, p.ordinal, x.provider, x.model, x.unit, x.size, x.quality, x.pixels_max,
    x.input_tokens_above, x.operation, x.connection, x.microcredits, x.micros_per_million
    FROM fresh CROSS JOIN jsonb_array_elements($3::jsonb) WITH ORDINALITY AS p (price, ordinal)
   CROSS JOIN LATERAL jsonb_populate_record(NULL::prices, p.price) AS x`;

const FIND_ID = 'SELECT id FROM price_versions WHERE content_hash = $1';

const FIND = `
  SELECT provider, model, unit, size, quality, pixels_max, input_tokens_above, operation, connection,
         microcredits, micros_per_million
    FROM prices WHERE version_id = $1 ORDER BY ordinal`;

interface PriceRow {
  provider: string;
  model: string;
  unit: PriceUnit;
  size: string | null;
  quality: string | null;
  pixels_max: string | null;
  input_tokens_above: string | null;
  operation: string | null;
  connection: string | null;
  microcredits: string | null;
  micros_per_million: string;
}

@Injectable()
export class SqlPricesRepository extends PricesRepository {
  constructor(private readonly sql: Sql) {
    super();
  }

  async ensureVersion(contentHash: string, prices: readonly Price[]): Promise<string> {
    const known = await this.findId(contentHash);
    if (known !== null) return known;
    const rows = JSON.stringify(prices.map(toRow));
    await this.sql.query('price_version_insert', INSERT, [newId(), contentHash, rows]);
    const made = await this.findId(contentHash);
    assert(made, 'a price version that was just made is not there');
    return made;
  }

  async findVersion(versionId: string): Promise<Price[] | null> {
    const rows = await this.sql.query<PriceRow>('price_version', FIND, [versionId]);
    return rows.length === 0 ? null : rows.map(toPrice);
  }

  private async findId(contentHash: string): Promise<string | null> {
    const [row] = await this.sql.query<{ id: string }>('price_version_id', FIND_ID, [contentHash]);
    return row?.id ?? null;
  }
}

function toRow(price: Price): Record<string, unknown> {
  return {
    provider: price.provider,
    model: price.model,
    unit: price.unit,
    size: price.size,
    quality: price.quality,
    pixels_max: price.pixelsMax,
    input_tokens_above: price.inputTokensAbove,
    operation: price.operation,
    connection: price.connection,
    microcredits: price.microcredits,
    micros_per_million: price.microsPerMillion,
  };
}

function toPrice(row: PriceRow): Price {
  return {
    provider: row.provider,
    model: row.model,
    unit: row.unit,
    size: row.size,
    quality: row.quality,
    pixelsMax: toCount(row.pixels_max),
    inputTokensAbove: toCount(row.input_tokens_above),
    operation: row.operation,
    connection: row.connection,
    microcredits: toCount(row.microcredits),
    microsPerMillion: toMicros(row.micros_per_million),
  };
}

function toCount(text: string | null): number | null {
  return text === null ? null : Number(text);
}
