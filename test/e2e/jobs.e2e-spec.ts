// Proves a generation's way from the request to its end: how long a client waits, that a run outlives its client,
// how it is canceled and deleted, and how the records are listed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { withoutLooks } from '../setup/without-looks.js';

const PRICE_MICROS = 1_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const PICTURE = { model: 'gpt-image-2', prompt: 'a fox', size: '1024x1024', quality: 'low' };
const ASYNC = { prefer: 'respond-async' };

let atelier: VendorApplication;

beforeAll(async () => {
  // One run at a time for the worker, so that what is queued behind a slow one stays queued.
  atelier = await startWithVendor({ RUNS_MAX: '1', RUNS_WAITING_MAX: '8' });
});
afterAll(async () => {
  await atelier.stop();
});

const slow = (delayMs: number) => ({ ...SMALL, provider_options: { delay_ms: delayMs } });

function post(body: object, headers: object = {}): Promise<Answer> {
  return atelier.call('POST', GENERATIONS, body, { ...atelier.key, ...headers });
}

function get(id: string): Promise<Answer> {
  return atelier.call('GET', `${GENERATIONS}/${id}`);
}

function cancel(id: string): Promise<Answer> {
  return atelier.call('POST', `${GENERATIONS}/${id}/cancel`);
}

/** The first key may not delete; the operator owns the space. */
function remove(id: string): Promise<Answer> {
  return atelier.call('DELETE', `${GENERATIONS}/${id}`, undefined, operatorOf(atelier));
}

function reach(id: string, status: string): Promise<void> {
  const poll = expect.poll(async () => (await get(id)).body.status, { timeout: 30_000 });
  return poll.toBe(status);
}

describe('Prefer', () => {
  it('wait=1 answers 202 after a second; the run goes on to its end', async () => {
    const startedAt = performance.now();
    const { status, headers, body } = await post(slow(3_000), { prefer: 'wait=1' });
    const tookMs = performance.now() - startedAt;
    expect([status, body.status]).toEqual([202, 'running']);
    expect(tookMs).toBeGreaterThan(950);
    expect(tookMs).toBeLessThan(2_900);
    expect(headers.get('preference-applied')).toBe('wait=1');
    expect(headers.get('retry-after')).toBe('2');
    expect(headers.get('location')).toBe(`${atelier.baseUrl}${GENERATIONS}/${body.id}`);
    expect(body).toMatchObject({ images: [], cost_micros: 0, finished_at: null, error: null });
    await reach(body.id, 'succeeded');
    expect((await get(body.id)).body).toMatchObject({ cost_micros: PRICE_MICROS });
  });

  it.each([
    ['wait=10', 'wait=10'],
    ['respond-async, wait=10', 'respond-async, wait=10'],
    ['handling=lenient, wait="20"', 'wait=20'],
    ['wait=0', null],
    ['wait=101', null],
    ['wait=soon', null],
    ['handling=strict', null],
  ])('%s is applied as %s when the picture is made in time', async (prefer, applied) => {
    const { status, headers } = await post(SMALL, { prefer });
    expect([status, headers.get('preference-applied')]).toEqual([201, applied]);
    expect(headers.get('retry-after')).toBeNull();
  });

  it('respond-async answers at once, and a worker runs it', async () => {
    const { status, headers, body } = await post(slow(500), ASYNC);
    expect([status, body.status]).toEqual([202, 'queued']);
    expect(headers.get('preference-applied')).toBe('respond-async');
    await reach(body.id, 'succeeded');
    const { body: record } = await get(body.id);
    expect(record.timings_ms.queue).toBeGreaterThanOrEqual(0);
    expect(record.timings_ms.upstream).toBeGreaterThanOrEqual(500);
  });
});

describe('a client that goes away', () => {
  it('does not end the run: the picture is made, kept and charged', async () => {
    const before = await atelier.wallet();
    const connection = new AbortController();
    const asked = fetch(`${atelier.baseUrl}${GENERATIONS}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json' },
      body: JSON.stringify({ ...slow(1_000), metadata: { mark: 'gone' } }),
      signal: connection.signal,
    });
    const newest = async () => (await atelier.listGenerations())[0];
    await expect.poll(async () => (await newest()).metadata?.mark).toBe('gone');
    connection.abort();
    await expect(asked).rejects.toThrow();
    const { id } = await newest();
    await reach(id, 'succeeded');
    const { images } = (await get(id)).body;
    expect((await fetch(images[0].url)).status).toBe(200);
    const after = await atelier.wallet();
    expect(after.available_micros).toBe(before.available_micros - PRICE_MICROS);
  });
});

describe('cancel', () => {
  it('ends what waits in the queue at once, and gives the held money back', async () => {
    const running = (await post(slow(4_000), ASYNC)).body;
    await reach(running.id, 'running');
    const queued = (await post(SMALL, ASYNC)).body;
    const { held_micros: held } = await atelier.wallet();
    expect(held).toBe(2 * PRICE_MICROS);
    const { status, body } = await cancel(queued.id);
    expect([status, body.status]).toEqual([200, 'canceled']);
    expect(body).toMatchObject({ images: [], cost_micros: 0 });
    expect(body.error.code).toBe('generations.canceled');
    expect((await atelier.wallet()).held_micros).toBe(PRICE_MICROS);
    await cancel(running.id);
    expect((await atelier.wallet()).held_micros).toBe(0);
    expect((await get(queued.id)).body.status).toBe('canceled');
  });

  it('stops a running one within moments; it costs nothing, and its usage row says so', async () => {
    const before = await atelier.wallet();
    const { id } = (await post(slow(20_000), ASYNC)).body;
    await reach(id, 'running');
    const startedAt = performance.now();
    const { status, body } = await cancel(id);
    expect([status, body.status, body.cost_micros]).toEqual([200, 'canceled', 0]);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(await atelier.wallet()).toEqual(before);
    const usage = (await atelier.listUsage()).find((row) => row.generation_id === id);
    expect(usage).toMatchObject({ outcome: 'canceled', charged_micros: 0, images_delivered: 0 });
  });

  it('costs the whole request at a model whose vendor bills what was canceled', async () => {
    const name = 'team/billed';
    const operate = (path: string, body: object) =>
      must(atelier, 201, 'POST', `/api/v1/${path}`, body, operatorOf(atelier));
    const { id: connection } = await operate('connections', {
      scope: 'global',
      provider: 'openai',
      name: 'Billed',
      api_key: VENDOR_KEY,
      base_url: atelier.simulator.baseUrl,
    });
    const capabilities = { charges_canceled: true };
    const model = { name, kind: 'image', base_model: PICTURE.model, capabilities };
    await operate(`connections/${connection}/models`, model);
    const price = { provider: 'openai', model: name, unit: 'image', price_micros: 7_000 };
    await operate('billing/prices/overrides', price);
    const before = await atelier.wallet();
    atelier.simulator.failNext('slow=60000');
    const asked = await post({ ...PICTURE, model: name, n: 2 }, ASYNC);
    expect(asked).toMatchObject({ status: 202 });
    const { id } = asked.body;
    await expect.poll(() => atelier.simulator.callCount, { timeout: 30_000 }).toBe(1);
    const { body } = await cancel(id);
    expect(body).toMatchObject({ status: 'canceled', images: [], cost_micros: 14_000 });
    expect(await atelier.wallet()).toMatchObject({
      held_micros: 0,
      available_micros: before.available_micros - 14_000,
    });
    const usage = (await atelier.listUsage()).find((row) => row.generation_id === id);
    expect(usage).toMatchObject({ outcome: 'canceled', charged_micros: 14_000 });
    const own = `/api/v1/connections/${connection}`;
    await must(atelier, 204, 'DELETE', own, undefined, operatorOf(atelier));
    atelier.simulator.reset();
  });

  it('answers the client that waits for the run with 409 and the record', async () => {
    const waiting = post({ ...slow(20_000), metadata: { mark: 'watched' } });
    const newest = async () => (await atelier.listGenerations())[0];
    await expect.poll(async () => (await newest()).metadata?.mark).toBe('watched');
    const { id } = await newest();
    await reach(id, 'running');
    await cancel(id);
    const answer = await waiting;
    expectProblem(answer, { status: 409, code: 'generations.canceled' });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.body.generation).toMatchObject({ id, status: 'canceled', cost_micros: 0 });
  });

  it('is refused with 409 for what has ended, and changes nothing', async () => {
    const made = await post(SMALL);
    const notCancelable = { status: 409, code: 'generations.not_cancelable' };
    expectProblem(await cancel(made.body.id), notCancelable);
    expect(withoutLooks((await get(made.body.id)).body)).toEqual(made.body);
    const { id } = (await post(slow(5_000), ASYNC)).body;
    await cancel(id);
    expectProblem(await cancel(id), notCancelable);
  });
});

describe('delete', () => {
  it('is refused with 409 while it is queued or running, allowed after the cancel', async () => {
    const running = (await post(slow(20_000), ASYNC)).body;
    await reach(running.id, 'running');
    const queued = (await post(SMALL, ASYNC)).body;
    const conflict = { status: 409, code: 'request.conflict' };
    expectProblem(await remove(running.id), conflict);
    expectProblem(await remove(queued.id), conflict);
    for (const { id } of [queued, running]) {
      await cancel(id);
      expect((await remove(id)).status).toBe(200);
      expectProblem(await remove(id), { status: 404, code: 'request.not_found' });
      expectProblem(await cancel(id), { status: 404, code: 'request.not_found' });
    }
  });

  it('keeps the books: ledger and usage still know what was paid', async () => {
    const made = await post(SMALL);
    const before = await atelier.wallet();
    await remove(made.body.id);
    expect(await atelier.wallet()).toEqual(before);
    const usage = await atelier.listUsage();
    expect(usage.find((row) => row.generation_id === made.body.id)).toMatchObject({
      charged_micros: PRICE_MICROS,
    });
  });
});

describe('what a vendor delivers in part', () => {
  const two = { ...PICTURE, n: 2 };

  it('is a 201 with what came, charged for what came', async () => {
    const whole = await post(two);
    expect(whole.body).toMatchObject({ status: 'succeeded', n: 2 });
    atelier.simulator.failNext('fewer_images');
    const { status, body } = await post(two);
    expect([status, body.status, body.images.length]).toEqual([201, 'partially_succeeded', 1]);
    expect(body.cost_micros).toBeGreaterThan(0);
    expect(body.cost_micros).toBeLessThan(whole.body.cost_micros);
    const usage = (await atelier.listUsage()).find((row) => row.generation_id === body.id);
    expect(usage).toMatchObject({ images_requested: 2, images_delivered: 1 });
    expect((await atelier.wallet()).held_micros).toBe(0);
  });

  it('is a failure with the record when nothing came, and costs nothing', async () => {
    const before = await atelier.wallet();
    atelier.simulator.failNext('server_error', 2);
    const native = await post(two);
    expectProblem(native, { status: 502, code: 'provider.failed' });
    expect(native.body.generation).toMatchObject({ status: 'failed', cost_micros: 0, images: [] });
    expect((await get(native.body.generation.id)).body).toEqual(native.body.generation);
    const openai = await atelier.call('POST', '/v1/images/generations', two);
    expectOpenaiError(openai, { status: 502, code: 'provider.failed' });
    expect(await atelier.wallet()).toEqual(before);
  });
});

describe('lists', () => {
  let person: Person;
  let spaces: string[];

  beforeAll(async () => {
    person = await createPerson(atelier, 'lister');
    spaces = [await createSpace(atelier, person), await createSpace(atelier, person)];
    for (const [index, spaceId] of [...spaces, ...spaces, spaces[0]].entries()) {
      const body = { ...SMALL, seed: index, metadata: { index }, search_space_id: spaceId };
      await must(atelier, 201, 'POST', GENERATIONS, body, person.session);
    }
    const failing = { ...PICTURE, prompt: 'x [sim:moderation]', search_space_id: spaces[1] };
    await must(atelier, 422, 'POST', GENERATIONS, failing, person.session);
  });

  async function list(query: string): Promise<Answer['body']> {
    return must(atelier, 200, 'GET', `${GENERATIONS}?${query}`, undefined, person.session);
  }

  const indexesOf = (page: Answer['body']) =>
    page.data.map((row: { metadata: { index: number } | null }) => row.metadata?.index);

  it('shows the newest first, of all spaces of the caller, as the single records are', async () => {
    const page = await list('');
    expect(indexesOf(page)).toEqual([undefined, 4, 3, 2, 1, 0]);
    expect(page.next_cursor).toBeNull();
    for (const row of page.data) {
      const path = `${GENERATIONS}/${row.id}`;
      const single = await must(atelier, 200, 'GET', path, undefined, person.session);
      expect(withoutLooks(row)).toEqual(withoutLooks(single));
    }
  });

  it('leads through all pages, each row once', async () => {
    const seen: number[] = [];
    let cursor = '';
    for (let pages = 1; pages <= 3; pages += 1) {
      const page = await list(`limit=2${cursor}`);
      expect(page.data).toHaveLength(2);
      seen.push(...indexesOf(page));
      expect(page.next_cursor === null).toBe(pages === 3);
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual([undefined, 4, 3, 2, 1, 0]);
  });

  it('narrows by space, status, provider and model, also together and page by page', async () => {
    const [one, two] = spaces;
    expect(indexesOf(await list(`search_space_id=${one}`))).toEqual([4, 2, 0]);
    expect(indexesOf(await list(`search_space_id=${two}`))).toEqual([undefined, 3, 1]);
    expect(indexesOf(await list('status=failed'))).toEqual([undefined]);
    expect(indexesOf(await list('provider=embedded'))).toEqual([4, 3, 2, 1, 0]);
    expect(indexesOf(await list('model=gpt-image-2'))).toEqual([undefined]);
    expect(indexesOf(await list(`status=succeeded&search_space_id=${two}`))).toEqual([3, 1]);
    expect(indexesOf(await list('status=queued'))).toEqual([]);
    expect(indexesOf(await list('provider=nobody'))).toEqual([]);
    const first = await list(`search_space_id=${one}&limit=1`);
    const rest = await list(`search_space_id=${one}&limit=5&cursor=${first.next_cursor}`);
    expect([...indexesOf(first), ...indexesOf(rest)]).toEqual([4, 2, 0]);
  });
});
