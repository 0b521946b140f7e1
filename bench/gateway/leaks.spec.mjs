/** Proves that a picture left in a column or a line is found, and that what belongs there is not taken for one. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { describe, expect, it } from 'vitest';
import { findInDatabase, findInLog } from './leaks.mjs';

/** The embedded engine starts in two seconds on a machine that rests, in thirty on one that does not. */
const ENGINE_MS = 120_000;
const PICTURE = randomBytes(3_000).toString('base64');
const TOKEN = randomBytes(96).toString('base64url');
const PROMPT = 'a lighthouse at dawn, and the boats come home before the rain '.repeat(20);

describe('findInDatabase', () => {
  it(
    'names the columns that hold a picture, whatever their type',
    { timeout: ENGINE_MS },
    async () => {
      const database = await PGlite.create();
      try {
        await database.exec(
          'CREATE TABLE rows (id int, word text, facts jsonb, list text[], raw bytea)',
        );
        const insert = (...values) =>
          database.query('INSERT INTO rows VALUES (1, $1, $2, $3, $4)', values);
        const query = async (text) => (await database.query(text)).rows;
        await insert(PROMPT, { token: TOKEN }, [TOKEN], randomBytes(32));
        expect(await findInDatabase(query)).toEqual({ columnsCount: 4, valuesCount: 4, found: [] });
        await insert(PICTURE, { answer: { data: [{ b64_json: PICTURE }] } }, ['a', PICTURE], null);
        await insert(null, null, null, randomBytes(3_000));
        expect((await findInDatabase(query)).found.toSorted()).toEqual([
          'rows.facts: 1',
          'rows.list: 1',
          'rows.raw: 1',
          'rows.word: 1',
        ]);
      } finally {
        await database.close();
      }
    },
  );
});

describe('findInLog', () => {
  it('names the lines that hold a picture', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'atelier-leaks-'));
    try {
      const file = join(folder, 'service.log');
      const lines = [{ message: PROMPT, token: TOKEN }, { body: PICTURE.slice(0, 500) }, {}];
      writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
      const { linesCount, found } = await findInLog(file);
      expect(linesCount).toBe(3);
      expect(found).toEqual([expect.stringContaining('{"body":"')]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
