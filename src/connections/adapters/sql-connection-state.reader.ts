import { Injectable } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import { Sql } from '../../persistence/sql.port.js';
import type { KeptConnection } from '../domain/connection-record.js';
import {
  ConnectionStateReader,
  type Edition,
  type SpaceContent,
} from '../domain/connection-state.reader.port.js';
import { type KeptPreference, NO_PREFERENCE } from '../domain/model-preference.js';
import { type KeptRow, toKept } from './connection-row.js';

/** A disabled model counts only where it takes one of the catalogue away. */
const KEPT = `coalesce(jsonb_agg(jsonb_build_object('record', to_jsonb(c), 'models',
    (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.name), '[]') FROM connection_models m
      WHERE m.connection_id = c.id AND (m.is_enabled OR c.serves_catalog))) ORDER BY c.id), '[]')`;

const GLOBAL = `
  SELECT s.revision::text AS mark, CASE WHEN s.revision::text IS DISTINCT FROM $1 THEN
      (SELECT ${KEPT} FROM connections c WHERE c.scope = 'global') END AS connections
    FROM connection_state s`;

const ONE = `
  SELECT s.revision::text AS mark, CASE WHEN s.revision::text IS DISTINCT FROM $2 THEN
      (SELECT ${KEPT} FROM connections c WHERE c.id = $1) END AS connections
    FROM connection_state s`;

/** Who owns the space stands in the mark: an owner takes their own connections along. */
const SPACE = `
  WITH now AS (
    SELECT s.revision::text || ':' || coalesce(o.user_id::text, '') AS mark, o.user_id
      FROM connection_state s
      LEFT JOIN memberships o ON o.search_space_id = $1::uuid AND o.is_owner
  )
  SELECT now.mark, CASE WHEN now.mark IS DISTINCT FROM $2 THEN
      (SELECT ${KEPT} FROM connections c
        WHERE c.search_space_id = $1::uuid OR c.user_id = now.user_id) END AS connections,
      (SELECT jsonb_build_object('image', p.image_model, 'chat', p.chat_model,
          'embedding', p.embedding_model, 'failsOverRefusals', p.fails_over_refusals,
          'responseCacheTtlS', p.response_cache_ttl_s, 'responseCacheEdition', p.response_cache_edition)
        FROM model_preferences p WHERE p.search_space_id = $1::uuid) AS preference
    FROM now`;

interface StateRow {
  mark: string;
  connections: KeptRow[] | null;
  preference?: KeptPreference | null;
}

@Injectable()
export class SqlConnectionStateReader extends ConnectionStateReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  readGlobal(mark: string | null): Promise<Edition<readonly KeptConnection[]>> {
    return this.readList('connection_state_global', GLOBAL, [mark]);
  }

  readOne(id: string, mark: string | null): Promise<Edition<readonly KeptConnection[]>> {
    return this.readList('connection_state_one', ONE, [id, mark]);
  }

  async readSpace(searchSpaceId: string, mark: string | null): Promise<Edition<SpaceContent>> {
    const row = await this.readRow('connection_state_space', SPACE, [searchSpaceId, mark]);
    const connections = row.connections?.map(toKept);
    const preference = row.preference ?? NO_PREFERENCE;
    return { mark: row.mark, content: connections ? { connections, preference } : null };
  }

  private async readList(name: string, text: string, values: readonly unknown[]) {
    const row = await this.readRow(name, text, values);
    return { mark: row.mark, content: row.connections?.map(toKept) ?? null };
  }

  private async readRow(name: string, text: string, values: readonly unknown[]): Promise<StateRow> {
    const [row] = await this.sql.query<StateRow>(name, text, values);
    assert(row, 'the state of connections has no row');
    return row;
  }
}
