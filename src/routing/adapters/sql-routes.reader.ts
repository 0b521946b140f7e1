import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { type RoutesData, RoutesReader } from '../domain/routes.reader.port.js';
import { type RouteRow, toRoute } from './route-row.js';

/** One statement, so that revision and rows are of one moment. */
const READ = `
  SELECT s.revision::text AS revision,
         CASE WHEN s.revision IS DISTINCT FROM $1::bigint THEN
           (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM routes r) END AS rows
    FROM routing_state s`;

interface StateRow {
  revision: string;
  rows: RouteRow[] | null;
}

@Injectable()
export class SqlRoutesReader extends RoutesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async read(knownRevision: number | null): Promise<RoutesData | null> {
    const [row] = await this.sql.query<StateRow>('routing_state', READ, [knownRevision]);
    if (!row?.rows) return null;
    return { revision: Number(row.revision), routes: row.rows.map(toRoute) };
  }
}
