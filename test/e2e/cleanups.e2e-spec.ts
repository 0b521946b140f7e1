// Proves what a cleanup takes by each of its choices: pictures by role, generations by age, favourites or not, bytes that
// nothing uses any more, in one space or in all, and that each choice leaves everything else.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { RetentionKeeper } from '../../src/retention/retention.keeper.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';

const GENERATIONS = '/api/v1/image-generations';
const CLEANUP = '/api/v1/storage/cleanup';
const OF_ALL = '/api/v1/ops/storage/cleanup';

let atelier: TestApplication;
let ann: Person;
let space: string;
let seed = 0;

beforeAll(async () => {
  atelier = await startApplication();
  ann = await createPerson(atelier, 'ann');
});
afterAll(() => atelier.stop());
beforeEach(async () => {
  space = await createSpace(atelier, ann);
});

const sql = (text: string, values: unknown[] = []) =>
  atelier.app.get(ManagedDataSource).query(text, values);
const call = (status: number, method: string, path: string, body?: object) =>
  must(atelier, status, method, path, body, ann.session);

/** A picture of its own, made so many days ago. */
async function make(days: number, more: object = {}): Promise<Answer['body']> {
  seed += 1;
  const body = { search_space_id: space, prompt: 'a fox', size: '32x32', seed, ...more };
  const record = await call(201, 'POST', GENERATIONS, body);
  const age = 'UPDATE generations SET created_at = now() - make_interval(days => $2) WHERE id = $1';
  await sql(age, [record.id, days]);
  return record;
}

/** Plans, begins and goes through it. */
async function clear(
  asked: object,
  path = CLEANUP,
  session = ann.session,
): Promise<Answer['body']> {
  const plan = await must(atelier, 200, 'POST', path, asked, session);
  const within = plan.search_space_id && { search_space_id: plan.search_space_id };
  const begin = { ...within, dry_run: false, plan_id: plan.id };
  await must(atelier, 202, 'POST', path, begin, session);
  await sql(`UPDATE retention_lease SET held_until = '-infinity', next_round_at = '-infinity'`);
  await atelier.app.get(RetentionKeeper).keep();
  return plan;
}

async function rolesOf(id: string): Promise<string[]> {
  const rows: { role: string }[] = await sql(
    'SELECT role FROM media_assets WHERE generation_id = $1 ORDER BY role',
    [id],
  );
  return rows.map(({ role }) => role);
}

it('takes inputs alone, of what is old, and leaves the generations', async () => {
  const source = await make(0);
  const references = [{ media_id: source.images[0].id }];
  const edit = { operation: 'edit', reference_images: references };
  const [old, young] = [await make(10, edit), await make(3, edit)];
  const asked = { search_space_id: space, roles: ['input'], older_than_days: 5 };
  expect(await clear(asked)).toMatchObject({ generations: 1, pictures: 1 });
  expect(await rolesOf(old.id)).toEqual(['output']);
  expect(await rolesOf(young.id)).toEqual(['input', 'output']);
  expect((await fetch(old.images[0].url)).status).toBe(200);
});

it('takes favourites only when it is told to', async () => {
  const favourite = await make(10);
  await call(204, 'PUT', `${GENERATIONS}/${favourite.id}/favourite`);
  const asked = { search_space_id: space };
  expect(await clear(asked)).toMatchObject({ generations: 0 });
  expect(await rolesOf(favourite.id)).toEqual(['output']);
  expect(await clear({ ...asked, keep_favourites: false })).toMatchObject({ generations: 1 });
  await call(404, 'GET', `${GENERATIONS}/${favourite.id}`);
});

it('takes bytes that nothing uses any more only when it is told to', async () => {
  const bytes = Buffer.from('what a crash left');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = `${space}/${sha256.slice(0, 2)}/${sha256}.png`;
  const file = join(atelier.config.media.dir, key);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
  await sql(
    `INSERT INTO media_blobs (search_space_id, sha256, format, storage_key, size_bytes, refs, created_at)
     VALUES ($1, $2, 'png', $3, $4, 0, now() - interval '2 days')`,
    [space, sha256, key, bytes.length],
  );
  await clear({ search_space_id: space });
  expect(existsSync(file)).toBe(true);
  await clear({ search_space_id: space, include_orphans: true });
  expect(existsSync(file)).toBe(false);
  const left = 'SELECT sha256 FROM media_blobs WHERE search_space_id = $1';
  expect(await sql(left, [space])).toEqual([]);
});

it('of all spaces is for operators, and goes through all of them', async () => {
  const here = await make(20);
  space = await createSpace(atelier, ann);
  const there = await make(20);
  await must(atelier, 403, 'POST', OF_ALL, {}, ann.session);
  const asked = { older_than_days: 15, include_orphans: true };
  expect(await clear(asked, OF_ALL, operatorOf(atelier))).toMatchObject({
    search_space_id: null,
    generations: 2,
  });
  for (const { id } of [here, there]) await call(404, 'GET', `${GENERATIONS}/${id}`);
});
