import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import { KeyUsageReader, type KeyTotals } from '../domain/key-usage.reader.port.js';

const TOTALS = `
  SELECT coalesce(sum(calls), 0)::float8 AS requests, coalesce(sum(images_delivered), 0)::float8 AS pictures,
         coalesce(sum(input_tokens + image_input_tokens + output_tokens + image_output_tokens), 0)::float8
           AS tokens,
         coalesce(sum(charged_micros), 0)::bigint AS cost_micros
    FROM usage_daily
   WHERE api_key_id = $1 AND api_key_id <> '00000000-0000-0000-0000-000000000000'`;

interface TotalsRow {
  requests: number;
  pictures: number;
  tokens: number;
  cost_micros: string;
}

@Injectable()
export class SqlKeyUsageReader extends KeyUsageReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async getTotals(apiKeyId: string): Promise<KeyTotals> {
    const [row] = await this.sql.query<TotalsRow>('usage_of_key_by_day', TOTALS, [apiKeyId]);
    return {
      requests: row?.requests ?? 0,
      pictures: row?.pictures ?? 0,
      tokens: row?.tokens ?? 0,
      costMicros: toMicros(row?.cost_micros ?? 0),
    };
  }
}
