// Proves how the rules of the house and of a space go together: who chose nothing is under the house's, nothing outlives
// its longest, and what failed or belongs to no generation goes by days of its own.
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { RetentionKeeper } from '../../src/retention/retention.keeper.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';

const GENERATIONS = '/api/v1/image-generations';
const MEDIA = '/api/v1/media';
const HOUSE = { defaultDays: 20, minDays: 2, maxDays: 40 };

let atelier: TestApplication;
let ann: Person;
let space: string;

beforeAll(async () => {
  atelier = await startApplication({
    RETENTION_DEFAULT_DAYS: String(HOUSE.defaultDays),
    RETENTION_MIN_DAYS: String(HOUSE.minDays),
    RETENTION_MAX_DAYS: String(HOUSE.maxDays),
  });
  ann = await createPerson(atelier, 'ann');
});
afterAll(() => atelier.stop());
beforeEach(async () => {
  space = await createSpace(atelier, ann);
});

const sql = (text: string, values: unknown[] = []) =>
  atelier.app.get(ManagedDataSource).query(text, values);
const call = (status: number, method: string, path: string, body?: object, headers = {}) =>
  must(atelier, status, method, path, body, { ...ann.session, ...headers });
const toRequest = (more: object) => ({
  search_space_id: space,
  prompt: 'a fox',
  size: '32x32',
  ...more,
});

/** As if it had been made so many days ago. */
async function age(table: 'generations' | 'media_assets', id: string, days: number) {
  const made = 'created_at = now() - make_interval(days => $2)';
  await sql(`UPDATE ${table} SET ${made} WHERE id = $1`, [id, days]);
}

async function make(days: number): Promise<string> {
  const { id } = await call(201, 'POST', GENERATIONS, toRequest({ seed: days }));
  await age('generations', id, days);
  return id;
}

async function cancel(days: number): Promise<string> {
  const slow = toRequest({ provider_options: { delay_ms: 60_000 } });
  const { id } = await call(202, 'POST', GENERATIONS, slow, { prefer: 'respond-async' });
  await call(200, 'POST', `${GENERATIONS}/${id}/cancel`);
  await age('generations', id, days);
  return id;
}

async function upload(days: number): Promise<string> {
  const background = { r: days, g: 9, b: 9 };
  const picture = sharp({ create: { width: 9, height: 9, channels: 3, background } }).png();
  const form = new FormData();
  form.append('search_space_id', space);
  form.append('file', new Blob([new Uint8Array(await picture.toBuffer())]), 'fox.png');
  const address = `${atelier.baseUrl}${MEDIA}`;
  const answer = await fetch(address, { method: 'POST', headers: ann.session, body: form });
  expect(answer.status).toBe(201);
  const { data } = (await answer.json()) as Answer['body'];
  await age('media_assets', data[0].id, days);
  return data[0].id;
}

/** A whole round of the keeper, whoever's turn it was. */
async function keep(): Promise<void> {
  await sql(`UPDATE retention_lease SET held_until = '-infinity', next_round_at = '-infinity'`);
  await atelier.app.get(RetentionKeeper).keep();
}

async function listLeft(path: string, ids: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    ids.map((id) => atelier.call('GET', `${path}/${id}`, undefined, ann.session)),
  );
  return ids.filter((_id, at) => answers[at]?.status === 200);
}

const policyPath = () => `/api/v1/search-spaces/${space}/retention`;

describe('a space that chose nothing', () => {
  it('is under the policy of the house, and its uploads under the longest that there is', async () => {
    expect(await call(200, 'GET', policyPath())).toMatchObject({
      is_own: false,
      generations_days: HOUSE.defaultDays,
    });
    const made = [await make(19), await make(21)];
    const uploads = [await upload(21), await upload(41)];
    await keep();
    expect(await listLeft(GENERATIONS, made)).toEqual([made[0]]);
    expect(await listLeft(MEDIA, uploads)).toEqual([uploads[0]]);
  });
});

describe('a space that chose', () => {
  it('may choose within the bounds of the house alone', async () => {
    for (const [field, days] of [
      ['generations_days', 41],
      ['failed_days', 1],
      ['uploads_days', 41],
    ] as const) {
      const body = { [field]: days };
      const refused = await atelier.call('PUT', policyPath(), body, ann.session);
      expectProblem(refused, { status: 400, code: 'request.invalid', field });
    }
  });

  it('keeps what failed and what was uploaded for days of their own', async () => {
    const policy = { generations_days: 30, failed_days: 5, uploads_days: 10 };
    await call(200, 'PUT', policyPath(), policy);
    const failed = [await cancel(4), await cancel(6)];
    const made = [await make(29), await make(31)];
    const uploads = [await upload(9), await upload(11)];
    await keep();
    expect(await listLeft(GENERATIONS, failed)).toEqual([failed[0]]);
    expect(await listLeft(GENERATIONS, made)).toEqual([made[0]]);
    expect(await listLeft(MEDIA, uploads)).toEqual([uploads[0]]);
    const rows = await sql(
      `SELECT count(*)::int AS count FROM media_blobs WHERE search_space_id = $1`,
      [space],
    );
    expect(rows).toEqual([{ count: 2 }]);
  });

  it('keeps nothing beyond the longest of the house, though it chose for ever', async () => {
    const policy = { generations_days: null, keep_favourites: false };
    await call(200, 'PUT', policyPath(), policy);
    const made = [await make(39), await make(41)];
    await keep();
    expect(await listLeft(GENERATIONS, made)).toEqual([made[0]]);
  });
});
