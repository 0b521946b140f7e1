// Proves that a repeated request is one request: by its Idempotency-Key on every route that costs money, and, for
// clients that send none and say that they repeat themselves, after a connection that was lost.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import type { Answer } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { createTcpGate } from '../setup/tcp-gate.js';
import { createKey, createPerson, createSpace, grant, operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { withoutLooks } from '../setup/without-looks.js';

const OPENAI = '/v1/images/generations';
const PRICE_MICROS = 1_000;
const CREDIT_MICROS = 1_000_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const SLOW = { ...SMALL, provider_options: { delay_ms: 1_500 } };
const VENDOR = { model: 'gpt-image-2', prompt: 'a fox', size: '1024x1024', quality: 'low' };

let atelier: VendorApplication;
let before: Awaited<ReturnType<typeof books>>;

beforeAll(async () => {
  atelier = await startWithVendor({ BOOTSTRAP_CREDIT_MICROS: String(CREDIT_MICROS) });
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  atelier.simulator.reset();
  before = await books();
});

async function books() {
  const { available_micros, held_micros } = await atelier.wallet();
  const rows = await atelier.listGenerations();
  return { available_micros, held_micros, rows: rows.length };
}

/** So many embedded pictures were made and paid since the test began. */
async function assertMade(pictures: number): Promise<void> {
  expect(await books()).toEqual({
    available_micros: before.available_micros - pictures * PRICE_MICROS,
    held_micros: 0,
    rows: before.rows + pictures,
  });
}

/** The same of pictures of the vendor; each costs what its record says, and more than nothing. */
async function assertBought(prompt: string, pictures: number): Promise<void> {
  const rows = await atelier.listGenerations();
  const bought = rows.filter((row) => row.prompt === prompt && row.cost_micros > 0);
  expect(bought).toHaveLength(pictures);
  const cost = bought.reduce((sum, { cost_micros }) => sum + cost_micros, 0);
  expect(await books()).toEqual({
    available_micros: before.available_micros - cost,
    held_micros: 0,
    rows: before.rows + pictures,
  });
}

/** The answer but for what is signed anew each time. */
function withoutTokens({ body }: Answer): unknown {
  return JSON.parse(JSON.stringify(withoutLooks(body)).replaceAll(/token=[\w.~-]+/g, 'token='));
}

function post(body: object, headers: object = {}, path = GENERATIONS): Promise<Answer> {
  return atelier.call('POST', path, body, { ...atelier.key, ...headers });
}

function withKey(key = newId()): { 'idempotency-key': string } {
  return { 'idempotency-key': key };
}

function isReplay(answer: Answer): boolean {
  return answer.headers.get('idempotency-replayed') === 'true';
}

describe('Idempotency-Key', () => {
  it('answers a repeat from the record, with working links, and says so', async () => {
    const key = withKey();
    const first = await post({ ...SMALL, n: 2 }, key);
    const again = await post({ n: 2, size: '32x32', prompt: 'a fox' }, key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([isReplay(first), isReplay(again)]).toEqual([false, true]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect({ ...again.body, images: [] }).toEqual({ ...first.body, images: [] });
    for (const { url } of again.body.images) expect((await fetch(url)).status).toBe(200);
    const { available_micros } = await atelier.wallet();
    expect(available_micros).toBe(before.available_micros - 2 * PRICE_MICROS);
  });

  it('refuses another body under the same key with 422, and runs nothing', async () => {
    const key = withKey();
    await post(SMALL, key);
    const reused = { status: 422, code: 'idempotency.key_reused' };
    expectProblem(await post({ ...SMALL, seed: 1 }, key), reused);
    await post(SMALL, key, OPENAI);
    expectOpenaiError(await post({ ...SMALL, n: 2 }, key, OPENAI), reused);
    await assertMade(2);
  });

  it('takes the same body for another space as another request', async () => {
    const person = await createPerson(atelier, 'two-spaces');
    const [one, two] = [await createSpace(atelier, person), await createSpace(atelier, person)];
    const headers = { ...person.session, ...withKey() };
    const first = await post(SMALL, { ...headers, 'x-search-space-id': one });
    expect(first.body.search_space_id).toBe(one);
    const second = await post(SMALL, { ...headers, 'x-search-space-id': two });
    expectProblem(second, { status: 422, code: 'idempotency.key_reused' });
  });

  it('answers 409 with Retry-After while the first still runs, then replays it', async () => {
    const key = withKey();
    const first = post(SLOW, key);
    await expect.poll(async () => (await books()).rows).toBe(before.rows + 1);
    const early = await post(SLOW, key);
    expectProblem(early, { status: 409, code: 'idempotency.in_progress' });
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(early.headers.get('x-should-retry')).toBe('true');
    const { body } = await first;
    expect(early.body.generation_id).toBe(body.id);
    const late = await post(SLOW, key);
    expect([late.status, late.body.id, isReplay(late)]).toEqual([201, body.id, true]);
    await assertMade(1);
  });

  it.each([GENERATIONS, OPENAI])(
    'makes one of a hundred requests at the same moment to %s',
    async (path) => {
      atelier.simulator.failNext('slow=300');
      const [key, prompt] = [withKey(), newId()];
      const body = { ...VENDOR, prompt };
      const answers = await Promise.all(Array.from({ length: 100 }, () => post(body, key, path)));
      const early = answers.filter(({ status }) => status === 409);
      const done = answers.filter(({ status }) => status !== 409);
      for (const { body: why } of early) {
        expect(why.code ?? why.error.code).toBe('idempotency.in_progress');
      }
      expect(done.filter((answer) => !isReplay(answer))).toHaveLength(1);
      done.push(await post(body, key, path));
      const [first, ...rest] = done.map(withoutTokens);
      for (const answer of rest) expect(answer).toEqual(first);
      expect(atelier.simulator.callCount).toBe(1);
      await assertBought(prompt, 1);
    },
  );

  it('belongs to one caller and one route', async () => {
    const key = withKey();
    const other = await createKey(atelier, operatorOf(atelier), atelier.spaceId);
    const mine = await post(SMALL, key);
    const theirs = await post(SMALL, { ...key, ...other.headers });
    const openai = await post(SMALL, key, OPENAI);
    expect([mine.status, theirs.status, openai.status]).toEqual([201, 201, 200]);
    expect([mine, theirs, openai].map(isReplay)).toEqual([false, false, false]);
    expect(new Set([mine.body.id, theirs.body.id]).size).toBe(2);
    expect(isReplay(await post(SMALL, key, OPENAI))).toBe(true);
    await assertMade(3);
  });

  it.each([GENERATIONS, OPENAI])('is of another request in another tenant on %s', async (path) => {
    const person = await createPerson(atelier, `tenant-${newId()}`);
    const spaceId = await createSpace(atelier, person);
    const theirs = await createKey(atelier, person.session, spaceId);
    const [key, prompt] = [withKey(), newId()];
    const answers = [
      await post({ ...VENDOR, prompt }, key, path),
      await post({ ...VENDOR, prompt }, { ...key, ...theirs.headers }, path),
    ];
    expect(answers.map(isReplay)).toEqual([false, false]);
    expect(atelier.simulator.callCount).toBe(2);
    await assertBought(prompt, 1);
    const list = await atelier.call('GET', GENERATIONS, undefined, theirs.headers);
    expect(list.body.data).toHaveLength(1);
    const wallets = await atelier.call('GET', '/api/v1/billing/wallets', undefined, theirs.headers);
    expect(wallets.body.data[0].spent_micros).toBe(list.body.data[0].cost_micros);
  });

  it.each([GENERATIONS, OPENAI])(
    'gets the answer that was lost on its way from %s',
    async (path) => {
      const { hostname, port } = new URL(atelier.baseUrl);
      const gate = await createTcpGate({ host: hostname, port: Number(port) });
      const [key, prompt] = [withKey(), newId()];
      gate.cutNextAnswers(1, 0);
      const lost = fetch(`http://127.0.0.1:${gate.port}${path}`, {
        method: 'POST',
        headers: { ...atelier.key, ...key, 'content-type': 'application/json' },
        body: JSON.stringify({ ...VENDOR, prompt }),
      });
      await expect(lost).rejects.toThrow();
      await gate.shut();
      const [made] = await atelier.listGenerations();
      const again = await post({ ...VENDOR, prompt }, key, path);
      expect([again.status < 300, isReplay(again)]).toEqual([true, true]);
      expect(again.body.id ?? made.id).toBe(made.id);
      expect(atelier.simulator.callCount).toBe(1);
      await assertBought(prompt, 1);
    },
  );

  it('stays free when the request was refused by its fields', async () => {
    const key = withKey();
    expect((await post({ ...SMALL, n: 11 }, key)).status).toBe(400);
    expect((await post({ ...SMALL, model: 'nope' }, key)).status).toBe(404);
    const made = await post(SMALL, key);
    expect([made.status, isReplay(made)]).toEqual([201, false]);
  });

  it('is free again after a 402, once there is money', async () => {
    const person = await createPerson(atelier, 'poor');
    const spaceId = await createSpace(atelier, person, 0);
    const headers = { ...person.session, ...withKey(), 'x-search-space-id': spaceId };
    const denied = await post(SMALL, headers);
    expectProblem(denied, { status: 402, code: 'billing.insufficient_balance' });
    expect(denied.headers.get('x-should-retry')).toBe('false');
    expect(denied.headers.get('retry-after')).toBeNull();
    await grant(atelier, spaceId, person.session, PRICE_MICROS);
    const made = await post(SMALL, headers);
    expect([made.status, isReplay(made)]).toEqual([201, false]);
    const broke = await post({ ...SMALL, seed: 2 }, { ...headers, ...withKey() });
    expect(broke.body).toMatchObject({
      error_code: 'premium_quota_exhausted',
      usage_type: 'image_generation',
      balance_micros: 0,
      remaining_micros: 0,
    });
  });

  it('is free again after a failure that may pass, and cost nothing', async () => {
    const key = withKey();
    atelier.simulator.failNext('overloaded');
    const failed = await post(VENDOR, key);
    expectProblem(failed, { status: 502, code: 'provider.unavailable' });
    expect(failed.body.generation).toMatchObject({ status: 'failed', cost_micros: 0 });
    const made = await post(VENDOR, key);
    expect([made.status, isReplay(made)]).toEqual([201, false]);
    expect(made.body.id).not.toBe(failed.body.generation.id);
    expect(atelier.simulator.callCount).toBe(2);
  });

  it('replays a failure that will not pass, without asking the vendor again', async () => {
    const key = withKey();
    atelier.simulator.failNext('moderation');
    const refused = { status: 422, code: 'provider.refused' };
    const first = await post(VENDOR, key);
    const again = await post(VENDOR, key);
    expectProblem(first, refused);
    expectProblem(again, refused);
    expect([isReplay(first), isReplay(again)]).toEqual([false, true]);
    expect(again.body.generation).toEqual(first.body.generation);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is free again once its generation is deleted', async () => {
    const key = withKey();
    const first = await post(SMALL, key);
    const removed = { ...operatorOf(atelier) };
    await atelier.call('DELETE', `${GENERATIONS}/${first.body.id}`, undefined, removed);
    const second = await post(SMALL, key);
    expect([second.status, isReplay(second)]).toEqual([201, false]);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it('replays what was begun with respond-async as the finished record', async () => {
    const key = { ...withKey(), prefer: 'respond-async' };
    const first = await post(SMALL, key);
    expect(first.status).toBe(202);
    await expect.poll(async () => (await post(SMALL, key)).status).toBe(201);
    const again = await post(SMALL, key);
    expect([again.body.id, again.body.status]).toEqual([first.body.id, 'succeeded']);
    await assertMade(1);
  });
});

describe('a client that says it repeats itself', () => {
  const retry = (count: number) => ({
    'x-stainless-lang': 'js',
    'x-stainless-retry-count': String(count),
  });

  /** Sends it, and hangs up when it runs; gives the generation's id. */
  async function loseConnection(body: object): Promise<string> {
    const connection = new AbortController();
    const lost = fetch(`${atelier.baseUrl}${GENERATIONS}`, {
      method: 'POST',
      headers: { ...atelier.key, ...retry(0), 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: connection.signal,
    });
    await expect.poll(async () => (await books()).rows).toBe(before.rows + 1);
    connection.abort();
    await expect(lost).rejects.toThrow();
    const [newest] = await atelier.listGenerations();
    expect(newest.status).toBe('running');
    return newest.id;
  }

  it('attaches to the run whose answer it never got, and pays once', async () => {
    const id = await loseConnection({ ...SLOW, seed: 1 });
    const repeats = [1, 2, 2].map((count) => post({ ...SLOW, seed: 1 }, retry(count)));
    for (const { status, body } of await Promise.all(repeats)) {
      expect([status, body.id, body.status]).toEqual([201, id, 'succeeded']);
    }
    await assertMade(1);
  });

  it('attaches to a run that ended meanwhile', async () => {
    const id = await loseConnection({ ...SLOW, seed: 2 });
    const path = `${GENERATIONS}/${id}`;
    await expect
      .poll(async () => (await atelier.call('GET', path)).body.status, { timeout: 30_000 })
      .toBe('succeeded');
    const { status, body } = await post({ ...SLOW, seed: 2 }, retry(1));
    expect([status, body.id]).toEqual([201, id]);
    await assertMade(1);
  });

  it('attaches to nothing that is another request: other body, caller or route, or no repeat', async () => {
    const body = { ...SMALL, provider_options: { delay_ms: 3_000 }, seed: 3 };
    const id = await loseConnection(body);
    const other = await createKey(atelier, operatorOf(atelier), atelier.spaceId);
    const quick = { ...SMALL, seed: 3 };
    const answers = await Promise.all([
      post(quick, retry(1)),
      post(body, { ...retry(1), ...other.headers }),
      post(body, retry(0)),
      post(body),
    ]);
    for (const answer of answers) expect(answer.status).toBe(201);
    expect(new Set([id, ...answers.map((answer) => answer.body.id)]).size).toBe(5);
    await expect.poll(async () => (await atelier.wallet()).held_micros).toBe(0);
    await assertMade(5);
  });

  it('pays anew for what it was given some time ago', async () => {
    const body = { ...SMALL, seed: 4 };
    const first = await post(body, retry(0));
    const database = atelier.app.get(ManagedDataSource);
    const deliveredAgo = async (seconds: number) =>
      database.query(
        `UPDATE generations SET delivered_at = delivered_at - make_interval(secs => $2)
         WHERE id = $1 AND delivered_at IS NOT NULL RETURNING id`,
        [first.body.id, seconds],
      );
    await expect.poll(async () => (await deliveredAgo(60))[1]).toBe(1);
    const second = await post(body, retry(1));
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    await assertMade(2);
  });
});
