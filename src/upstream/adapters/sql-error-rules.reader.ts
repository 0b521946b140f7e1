import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { type ErrorRulesData, ErrorRulesReader } from '../domain/error-rules.reader.port.js';
import { type ErrorRuleRow, toErrorRule } from './error-rule-row.js';

/** One statement, so that revision and rows are of one moment. */
const READ = `
  SELECT s.revision::text AS revision,
         CASE WHEN s.revision IS DISTINCT FROM $1::bigint THEN
           (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM error_rules r) END AS rows
    FROM error_rules_state s`;

interface StateRow {
  revision: string;
  rows: ErrorRuleRow[] | null;
}

@Injectable()
export class SqlErrorRulesReader extends ErrorRulesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async read(knownRevision: number | null): Promise<ErrorRulesData | null> {
    const [row] = await this.sql.query<StateRow>('error_rules_state', READ, [knownRevision]);
    if (!row?.rows) return null;
    return { revision: Number(row.revision), rules: row.rows.map(toErrorRule) };
  }
}
