import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { assert } from '../common/assert.js';
import { findSqlState } from './sql-error.js';
import { Sql } from './sql.port.js';

/** Postgres cuts names at 63 bytes; the embedded engine's mux puts a prefix before them. */
const NAME_LENGTH_MAX = 48;

@Injectable()
export class PgSql extends Sql {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async query<R extends object>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]> {
    assert(name.length <= NAME_LENGTH_MAX, `statement name too long: ${name}`);
    const client = await this.pool().connect();
    // Without a listener a connection lost while checked out would end the process.
    client.on('error', ignoreLostConnection);
    try {
      const { rows } = await client.query<R>({ name, text, values: values as unknown[] });
      release(client, null);
      return rows;
    } catch (error) {
      release(client, error);
      throw error;
    }
  }

  /** The pool beneath TypeORM, so that one bound holds for all connections of the process. */
  private pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}

/** A refusal by the server leaves the connection healthy; anything else throws it away. */
function release(client: PoolClient, error: unknown): void {
  client.removeListener('error', ignoreLostConnection);
  client.release(error !== null && !isHealthyAfter(error));
}

/**
 * After these the pool must not hand the connection out again: the server ends it (57P, 08), or what it has
 * prepared is stale, because another process changed the schema (0A000, 26000).
 */
const FATAL_STATES = /^(57P|08|0A000|26000)/;

function isHealthyAfter(error: unknown): boolean {
  const state = findSqlState(error);
  return state !== null && !FATAL_STATES.test(state);
}

function ignoreLostConnection(): void {
  // The statement in progress is rejected with the same error.
}
