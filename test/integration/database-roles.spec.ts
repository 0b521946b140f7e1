// Proves which logins can run the service: on servers from 16 on, whoever makes a role is not thereby within it.
import { PGlite } from '@electric-sql/pglite';
import type { QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { MIGRATIONS } from '../../src/persistence/migrations/index.js';

const SPACE_ID = newId();

describe('the roles of the database', () => {
  let database: PGlite;

  beforeEach(async () => {
    database = await PGlite.create();
  });

  afterEach(() => database.close());

  /** What a managed server gives its customers: a login that owns its schema and is no superuser. */
  async function logIn(attributes: string, grants = ''): Promise<void> {
    await database.exec(`CREATE ROLE service LOGIN NOSUPERUSER ${attributes};
      ALTER SCHEMA public OWNER TO service; ${grants}; SET SESSION AUTHORIZATION service`);
  }

  async function migrate(): Promise<void> {
    const query = async (text: string, values: unknown[] = []): Promise<unknown[]> => {
      if (values.length > 0) return (await database.query(text, values)).rows;
      return (await database.exec(text)).at(-1)?.rows ?? [];
    };
    const runner = { query } as unknown as QueryRunner;
    for (const Migration of MIGRATIONS) await new Migration().up(runner);
  }

  async function addSpace(): Promise<void> {
    await database.query(
      `INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'A', now())`,
      [SPACE_ID],
    );
  }

  async function countSpaces(): Promise<number> {
    return (await database.query('SELECT id FROM search_spaces')).rows.length;
  }

  it('are made and taken on by a login that may create roles and no more', async () => {
    await logIn('CREATEROLE');
    await migrate();
    await addSpace();
    expect(await countSpaces()).toBe(1);
    await database.exec(`BEGIN; SET LOCAL ROLE atelier_app`);
    expect(await countSpaces()).toBe(0);
    await database.exec('ROLLBACK');
    expect(await countSpaces()).toBe(1);
  });

  it('are refused to a login that inherits nothing, before its rows would vanish', async () => {
    await logIn(
      '',
      `CREATE ROLE atelier_app NOLOGIN; GRANT atelier_app TO service;
       CREATE ROLE atelier_system NOLOGIN; GRANT atelier_system TO service WITH INHERIT FALSE`,
    );
    await expect(migrate()).rejects.toThrow(
      'GRANT atelier_system TO service WITH INHERIT TRUE, SET TRUE',
    );
  });
});
