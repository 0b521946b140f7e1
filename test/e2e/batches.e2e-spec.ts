// Proves that requests of a batch are admitted, held, made, charged and refused each by itself, in their order, and that
// a batch repeated under its key is made once; and the short way from a prompt to a picture.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { BatchesTrimmer } from '../../src/generations/batches/batches.trimmer.js';
import { Sql } from '../../src/persistence/sql.port.js';
import type { Answer } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const BATCH = `${GENERATIONS}/batch`;
const PRICE_MICROS = 1_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const ASYNC = { prefer: 'respond-async' };

let atelier: VendorApplication;
let ann: Person;

beforeAll(async () => {
  atelier = await startWithVendor();
  ann = await createPerson(atelier, 'ann');
});
afterAll(async () => {
  await atelier.stop();
});

function post(body: object, headers: object = {}): Promise<Answer> {
  return atelier.call('POST', BATCH, body, { ...ann.session, ...headers });
}

const walletOf = async (space: string) => {
  const path = `/api/v1/billing/wallets?search_space_id=${space}`;
  return (await must(atelier, 200, 'GET', path, undefined, ann.session)).data[0];
};

async function count(query: string, space: string): Promise<number> {
  const name = `test_${newId().slice(-12)}`;
  const [row] = await atelier.app.get(Sql).query<{ count: number }>(name, query, [space]);
  return row?.count ?? 0;
}

const items = ({ body }: Answer) =>
  body.data.map((item: { index: number; status: number; error: { code: string } | null }) => [
    item.index,
    item.status,
    item.error?.code ?? null,
  ]);

describe('a batch', () => {
  it('answers in the order of its requests, whichever ends first, and can be read again', async () => {
    const space = await createSpace(atelier, ann);
    const delays = [400, 0, 200, 0];
    const requests = delays.map((delay, index) => ({
      ...SMALL,
      prompt: `fox ${index}`,
      provider_options: { delay_ms: delay },
    }));
    const made = await post({ search_space_id: space, requests });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ total: 4, succeeded: 4, failed: 0, pending: 0 });
    const prompts = made.body.data.map(({ generation }: Answer['body']) => generation.prompt);
    expect(prompts).toEqual(['fox 0', 'fox 1', 'fox 2', 'fox 3']);
    expect(new Set(made.body.data.map((one: Answer['body']) => one.generation.id)).size).toBe(4);
    const location = new URL(made.headers.get('location') ?? '').pathname;
    const read = await must(atelier, 200, 'GET', location, undefined, ann.session);
    expect(read).toMatchObject({ id: made.body.id, total: 4, succeeded: 4 });
    expect(read.data.map((one: Answer['body']) => one.generation.id)).toEqual(
      made.body.data.map((one: Answer['body']) => one.generation.id),
    );
    expect(await walletOf(space)).toMatchObject({
      spent_micros: 4 * PRICE_MICROS,
      held_micros: 0,
    });
  });

  it('refuses one without harm to the others, each with the status it would have had alone', async () => {
    const space = await createSpace(atelier, ann);
    const requests = [
      SMALL,
      { ...SMALL, model: 'no-such-model' },
      { ...SMALL, provider_options: { unknown: 1 } },
      SMALL,
      { ...SMALL, model: 'gpt-image-2', size: '1024x1024', n: 10, quality: 'high' },
    ];
    const made = await post({ search_space_id: space, requests });
    expect(made.status).toBe(207);
    expect(items(made)).toEqual([
      [0, 201, null],
      [1, 404, 'routing.model_unknown'],
      [2, 400, 'request.invalid'],
      [3, 201, null],
      [4, 402, 'billing.insufficient_balance'],
    ]);
    expect(made.body).toMatchObject({ total: 5, succeeded: 2, failed: 3, pending: 0 });
    const path = `${GENERATIONS}/batches/${made.body.id}`;
    const read = await atelier.call('GET', path, undefined, ann.session);
    expect(items(read)).toEqual(items(made));
    expect(await walletOf(space)).toMatchObject({ spent_micros: 2 * PRICE_MICROS });
  });

  it('spends no more than there is: of ten on money for four, four are made', async () => {
    const space = await createSpace(atelier, ann, 4 * PRICE_MICROS);
    const requests = Array.from({ length: 10 }, () => SMALL);
    const made = await post({ search_space_id: space, requests });
    expect(made.body).toMatchObject({ total: 10, succeeded: 4, failed: 6 });
    expect(await walletOf(space)).toMatchObject({ available_micros: 0, held_micros: 0 });
  });

  it('goes with the last of its generations, once its key has lapsed', async () => {
    const space = await createSpace(atelier, ann);
    const make = async () =>
      (await post({ search_space_id: space, requests: [SMALL, SMALL] })).body;
    const [old, young] = [await make(), await make()];
    const age = `UPDATE generation_batches SET created_at = now() - interval '2 days' WHERE id = $1`;
    await atelier.app.get(Sql).query('test_age_batch', age, [old.id]);
    const read = async ({ id }: Answer['body']) => {
      await atelier.app.get(BatchesTrimmer).trim();
      const path = `${GENERATIONS}/batches/${id}`;
      const answer = await atelier.call('GET', path, undefined, ann.session);
      return answer.status === 200 ? items(answer).map((item: number[]) => item[1]) : answer.status;
    };
    const drop = ({ data }: Answer['body'], index: number) =>
      must(
        atelier,
        200,
        'DELETE',
        `${GENERATIONS}/${data[index].generation.id}`,
        undefined,
        ann.session,
      );
    for (const batch of [old, young]) await drop(batch, 0);
    expect([await read(old), await read(young)]).toEqual([
      [410, 201],
      [410, 201],
    ]);
    for (const batch of [old, young]) await drop(batch, 1);
    expect([await read(old), await read(young)]).toEqual([404, [410, 410]]);
  });

  it('of which nothing was admitted answers as the refusal, and leaves nothing', async () => {
    const space = await createSpace(atelier, ann, 0);
    const answer = await post({ search_space_id: space, requests: [SMALL, SMALL] });
    expect(answer.status).toBe(402);
    expect(answer.body).toMatchObject({ error_code: 'premium_quota_exhausted' });
    const query =
      'SELECT count(*)::int AS count FROM generation_batches WHERE search_space_id = $1';
    expect(await count(query, space)).toBe(0);
  });

  it.each([
    ['nothing', [], 'requests'],
    ['eleven', Array.from({ length: 11 }, () => SMALL), 'requests'],
    ['a request without a prompt', [SMALL, { size: '32x32' }], 'requests[1].prompt'],
    ['a space of its own', [{ ...SMALL, search_space_id: 'x' }], 'requests[0].search_space_id'],
  ])('of %s is refused whole and named', async (_name, requests, field) => {
    const space = await createSpace(atelier, ann);
    const answer = await post({ search_space_id: space, requests });
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(answer.body.errors.map((one: { field: string }) => one.field)).toContain(field);
    expect(await walletOf(space)).toMatchObject({ spent_micros: 0 });
  });

  it('answers 202 when it is not to wait, and its requests run in the queue', async () => {
    const space = await createSpace(atelier, ann);
    const made = await post({ search_space_id: space, requests: [SMALL, SMALL] }, ASYNC);
    expect([made.status, made.body.pending]).toEqual([202, 2]);
    expect(made.headers.get('preference-applied')).toBe('respond-async');
    const path = `${GENERATIONS}/batches/${made.body.id}`;
    await expect
      .poll(async () => (await atelier.call('GET', path, undefined, ann.session)).body.succeeded, {
        timeout: 30_000,
      })
      .toBe(2);
  });

  it('repeated under its key is made once; another body under it is refused whole', async () => {
    const space = await createSpace(atelier, ann);
    const key = { 'idempotency-key': `batch-${space}` };
    const requests = [SMALL, { ...SMALL, model: 'no-such-model' }, SMALL];
    const first = await post({ search_space_id: space, requests }, key);
    const again = await post({ search_space_id: space, requests }, key);
    expect([first.status, again.status]).toEqual([207, 207]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const ids = ({ body }: Answer) => body.data.map((one: Answer['body']) => one.generation?.id);
    expect(ids(again)).toEqual(ids(first));
    expect(await walletOf(space)).toMatchObject({ spent_micros: 2 * PRICE_MICROS });
    const longer = await post({ search_space_id: space, requests: [SMALL, SMALL] }, key);
    expectProblem(longer, { status: 422, code: 'idempotency.key_reused' });
    expect(await walletOf(space)).toMatchObject({ spent_micros: 2 * PRICE_MICROS });
  });

  it('left open by a process that ended is gone on with, and nothing of it is made twice', async () => {
    const space = await createSpace(atelier, ann);
    const key = { 'idempotency-key': `left-${space}` };
    const body = { search_space_id: space, requests: [SMALL, SMALL] };
    const first = await post(body, key);
    const leave = `UPDATE generation_batches SET closed_at = NULL WHERE search_space_id = $1
                   RETURNING 1 AS count`;
    await count(leave, space);
    const early = await post(body, key);
    expectProblem(early, { status: 409, code: 'idempotency.in_progress' });
    const age = `UPDATE generation_batches SET created_at = created_at - interval '10 minutes'
                  WHERE search_space_id = $1 RETURNING 1 AS count`;
    await count(age, space);
    const late = await post(body, key);
    expect([late.status, late.body.id]).toEqual([201, first.body.id]);
    expect(await walletOf(space)).toMatchObject({ spent_micros: 2 * PRICE_MICROS });
  });

  it('gone on with while its requests still run is told as they are, and stays', async () => {
    const space = await createSpace(atelier, ann);
    const key = { 'idempotency-key': `runs-${space}`, ...ASYNC };
    const requests = [0, 1].map(() => ({ ...SMALL, provider_options: { delay_ms: 5_000 } }));
    const body = { search_space_id: space, requests };
    const first = await post(body, key);
    expect([first.status, first.body.pending]).toEqual([202, 2]);
    const leave = `UPDATE generation_batches SET closed_at = NULL, created_at = created_at - interval '10 minutes'
                    WHERE search_space_id = $1 RETURNING 1 AS count`;
    await count(leave, space);
    const late = await post(body, key);
    expect([late.status, late.body.id, late.body.failed]).toEqual([202, first.body.id, 0]);
    const ids = ({ body: told }: Answer) =>
      told.data.map((one: Answer['body']) => one.generation?.id);
    expect(ids(late)).toEqual(ids(first));
    const path = `${GENERATIONS}/batches/${first.body.id}`;
    const read = async () => (await must(atelier, 200, 'GET', path, undefined, ann.session)).total;
    expect(await read()).toBe(2);
    for (const id of ids(first)) {
      await atelier.call('POST', `${GENERATIONS}/${id}/cancel`, undefined, ann.session);
    }
  });

  it('gone on with tells what failed before as it did', async () => {
    const space = await createSpace(atelier, ann);
    const key = { 'idempotency-key': `fails-${space}` };
    const vendors = { prompt: 'a fox', model: 'gpt-image-2', size: '1024x1024', quality: 'low' };
    const body = { search_space_id: space, requests: [vendors, SMALL] };
    atelier.simulator.failNext('server_error', 2);
    const first = await post(body, key);
    await atelier.forgive();
    atelier.simulator.reset();
    const [failed] = first.body.data;
    expect([failed.status, failed.generation.status]).toEqual([502, 'failed']);
    const leave = `UPDATE generation_batches SET closed_at = NULL, created_at = created_at - interval '11 minutes'
                    WHERE search_space_id = $1 RETURNING 1 AS count`;
    await count(leave, space);
    const late = await post(body, key);
    expect(items(late)).toEqual(items(first));
    expect(late.body.data[0].generation.id).toBe(failed.generation.id);
  });

  it('has no more than three of its requests at work at once', async () => {
    const space = await createSpace(atelier, ann);
    const requests = Array.from({ length: 7 }, () => ({
      ...SMALL,
      provider_options: { delay_ms: 150 },
    }));
    const made = post({ search_space_id: space, requests });
    let most = 0;
    const query = `SELECT count(*)::int AS count FROM generations
                    WHERE search_space_id = $1 AND status = 'running'`;
    const watch = setInterval(() => {
      void count(query, space).then((running) => {
        most = Math.max(most, running);
      });
    }, 20);
    expect((await made).body.succeeded).toBe(7);
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('tells a deleted generation as gone, and nothing to outsiders', async () => {
    const space = await createSpace(atelier, ann);
    const made = await post({ search_space_id: space, requests: [SMALL, SMALL] });
    const [{ generation }] = made.body.data;
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${generation.id}`, undefined, ann.session);
    const path = `${GENERATIONS}/batches/${made.body.id}`;
    const read = await atelier.call('GET', path, undefined, ann.session);
    expect(items(read)).toEqual([
      [0, 410, 'request.not_found'],
      [1, 201, null],
    ]);
    const bob = await createPerson(atelier, 'bob');
    const outside = await atelier.call('GET', path, undefined, bob.session);
    expectProblem(outside, { status: 404, code: 'request.not_found' });
  });
});

describe('the quick way', () => {
  it('makes a picture of a prompt alone, once for a key', async () => {
    const space = await createSpace(atelier, ann);
    const key = { ...ann.session, 'idempotency-key': `quick-${space}` };
    const body = { search_space_id: space, prompt: 'a fox', n: 2 };
    const first = await atelier.call('POST', `${GENERATIONS}/quick`, body, key);
    const again = await atelier.call('POST', `${GENERATIONS}/quick`, body, key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.body.images).toHaveLength(2);
    expect(again.body.id).toBe(first.body.id);
  });

  it.each([
    [{ prompt: 'a fox', n: 9 }, 'n'],
    [{ prompt: 'a fox', seed: 1 }, 'seed'],
  ])('takes no more than it says: %o', async (fields, field) => {
    const space = await createSpace(atelier, ann);
    const body = { search_space_id: space, ...fields };
    const answer = await atelier.call('POST', `${GENERATIONS}/quick`, body, ann.session);
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(answer.body.errors[0].field).toBe(field);
  });
});
