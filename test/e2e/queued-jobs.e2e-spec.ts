// Proves what is promised of queued generations: their order, the bound of the queue, deadlines, events while they wait
// and run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../src/common/caller.js';
import { newId } from '../../src/common/ids.js';
import { JobEvents } from '../../src/generations/http/job-events.js';
import type { Answer } from '../setup/application.js';
import { openEvents, type ServerEvent } from '../setup/event-stream.js';
import { expectProblem } from '../setup/expect-error.js';
import { addMember, createPerson, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const PRICE_MICROS = 1_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const ASYNC = { prefer: 'respond-async' };
const QUEUED_MAX = 6;
const LISTENERS_MAX = 3;
const TIMEOUT_MS = 30_000;

let atelier: VendorApplication;
let editor: Person;

beforeAll(async () => {
  // One run at a time for the worker, so that what is queued behind a slow one stays queued.
  atelier = await startWithVendor({
    RUNS_MAX: '1',
    QUEUED_PER_SPACE_MAX: String(QUEUED_MAX),
    EVENT_LISTENERS_PER_CALLER: String(LISTENERS_MAX),
    RECONCILE_EVERY_S: '1',
    STREAM_PING_S: '1',
  });
  editor = await createPerson(atelier, 'editor');
  await addMember(atelier, editor, 'Editor');
});
afterAll(() => atelier.stop());

const slow = (delayMs: number) => ({ ...SMALL, provider_options: { delay_ms: delayMs } });
const post = (body: object, headers: object = {}): Promise<Answer> =>
  atelier.call('POST', GENERATIONS, body, { ...atelier.key, ...ASYNC, ...headers });
const get = async (id: string) => (await atelier.call('GET', `${GENERATIONS}/${id}`)).body;
const cancel = (id: string) => atelier.call('POST', `${GENERATIONS}/${id}/cancel`);
const watch = (id: string, headers: object = {}) =>
  openEvents(`${atelier.baseUrl}${GENERATIONS}/${id}/events`, { ...atelier.key, ...headers });
const held = async () => (await atelier.wallet()).held_micros;

function reach(id: string, status: string): Promise<void> {
  return expect.poll(async () => (await get(id)).status, { timeout: TIMEOUT_MS }).toBe(status);
}

/** A slow one that keeps the only run busy. */
async function occupy(delayMs: number): Promise<string> {
  const { id } = (await post(slow(delayMs))).body;
  await reach(id, 'running');
  return id;
}

function dataOf(events: readonly ServerEvent[], name: string) {
  return events.filter(({ event }) => event === name).map(({ data }) => data);
}

describe('priority', () => {
  it('says which waiting generation of the space goes first, and is told by the record', async () => {
    const first = await occupy(30_000);
    const made: Answer[] = [];
    for (const priority of ['low', 'normal', 'high', 'normal']) {
      made.push(await post({ ...SMALL, priority }));
    }
    expect(made.map(({ body }) => body.priority)).toEqual(['low', 'normal', 'high', 'normal']);
    await cancel(first);
    const ids = made.map(({ body }) => body.id as string);
    for (const id of ids) await reach(id, 'succeeded');
    const ended = await Promise.all(ids.map(async (id) => (await get(id)).finished_at));
    const [low, normal, high, later] = ended.map((time) => Date.parse(time));
    expect([high, normal, later, low]).toEqual(
      ended.map((at) => Date.parse(at)).toSorted((a, b) => a - b),
    );
  });

  it('high is for who may change the settings of the space', async () => {
    const body = { ...SMALL, priority: 'high', search_space_id: atelier.spaceId };
    const refused = await post(body, editor.session);
    expectProblem(refused, { status: 403, code: 'rbac.permission_denied' });
    expect(refused.body.detail).toContain('settings:update');
    expect((await post({ ...body, priority: 'low' }, editor.session)).status).toBe(202);
    expectProblem(await post({ ...SMALL, priority: 'first' }), {
      status: 400,
      code: 'request.invalid',
    });
  });
});

describe('a full queue', () => {
  it('refuses the next one with 429, which costs nothing and leaves no row', async () => {
    const first = await occupy(30_000);
    const waiting = [];
    for (let made = 0; made < QUEUED_MAX; made += 1) waiting.push((await post(SMALL)).body.id);
    const before = [await held(), (await atelier.listGenerations()).length];
    const headers = { 'idempotency-key': newId() };
    const refused = await post(SMALL, headers);
    expectProblem(refused, { status: 429, code: 'generations.queue_full' });
    expect(refused.headers.get('retry-after')).toBe('10');
    expect([await held(), (await atelier.listGenerations()).length]).toEqual(before);
    for (const id of waiting) await cancel(id);
    expect((await post(SMALL, headers)).status).toBe(202);
    await cancel(first);
    expect(await held()).toBeLessThanOrEqual(PRICE_MICROS);
  });
});

describe('deadline_s', () => {
  it('counts the wait in the queue: what waits still has failed then, and costs nothing', async () => {
    const first = await occupy(30_000);
    const { id, deadline_at, created_at } = (await post({ ...SMALL, deadline_s: 1 })).body;
    expect(Date.parse(deadline_at) - Date.parse(created_at)).toBe(1_000);
    await reach(id, 'failed');
    const record = await get(id);
    expect(record).toMatchObject({ cost_micros: 0, images: [] });
    expect(record.error.code).toBe('generations.deadline_passed');
    await cancel(first);
    expect(await held()).toBe(0);
  });

  it('ends a call that is under way as well, and is bounded by the house', async () => {
    const { id } = (await post({ ...slow(30_000), deadline_s: 2 })).body;
    await reach(id, 'failed');
    expect((await get(id)).error.code).toBe('provider.timeout');
    const tooLong = await post({ ...SMALL, deadline_s: 601 });
    expectProblem(tooLong, { status: 400, code: 'request.invalid' });
    expect(tooLong.body.detail).toContain('deadline_s');
  });
});

describe('events', () => {
  it('tell of the wait, the work and the record, and then end', async () => {
    const first = await occupy(30_000);
    const before = (await post(SMALL)).body.id;
    const { id } = (await post(slow(2_500))).body;
    const stream = await watch(id);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    await expect
      .poll(() => dataOf(stream.events, 'queue')[0], { timeout: TIMEOUT_MS })
      .toMatchObject({ position: 2, ahead_in_space: 1 });
    await expect.poll(() => stream.comments.length, { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
    await cancel(first);
    const events = await stream.ended;
    expect(dataOf(events, 'status').map(({ status }) => status)).toEqual([
      'queued',
      'running',
      'succeeded',
    ]);
    const progress = dataOf(events, 'progress').filter(({ step }) => step === 'rendering');
    expect(progress.some(({ fraction }) => fraction > 0 && fraction < 1)).toBe(true);
    const [preview] = dataOf(events, 'preview');
    expect(preview.media_type).toBe('image/jpeg');
    expect(Buffer.from(preview.b64_json, 'base64').subarray(0, 2).toString('hex')).toBe('ffd8');
    const last = events.at(-1)!;
    expect([last.event, last.data.id, last.data.status]).toEqual(['result', id, 'succeeded']);
    expect((await fetch(last.data.images[0].url)).status).toBe(200);
    expect((await get(before)).status).toBe('succeeded');
  });

  it('of what has ended are its result alone; of what did not succeed an error with the record', async () => {
    const id = await occupy(30_000);
    const stream = await watch(id, { 'last-event-id': 'running.7' });
    await cancel(id);
    const events = await stream.ended;
    expect(events.filter(({ event }) => event !== 'progress').map((one) => one.event)).toEqual([
      'status',
      'error',
    ]);
    expect(Number(events[0]!.id.split('.')[1])).toBeGreaterThan(7);
    expect(events.at(-1)!.data).toMatchObject({
      code: 'generations.canceled',
      generation: { id, status: 'canceled', cost_micros: 0 },
    });
    const again = await (await watch(id, { 'last-event-id': 'canceled.9' })).ended;
    expect(again.map(({ event }) => event)).toEqual(['error']);
  });

  it('are for who may read it, and for so many at once', async () => {
    const stranger = await createPerson(atelier, 'stranger');
    const id = await occupy(30_000);
    const path = `${GENERATIONS}/${id}/events`;
    const asked = await atelier.call('GET', path, undefined, stranger.session);
    expectProblem(asked, { status: 404, code: 'request.not_found' });
    const streams = await Promise.all([watch(id), watch(id), watch(id)]);
    expectProblem(await atelier.call('GET', path), { status: 429, code: 'request.busy' });
    streams[0].close();
    const free = async () => {
      const stream = await watch(id);
      if (stream.status === 200) streams.push(stream);
      return stream.status;
    };
    await expect.poll(free, { timeout: TIMEOUT_MS }).toBe(200);
    await cancel(id);
    await Promise.all(streams.slice(1).map(({ ended }) => ended));
  });

  it('take no place for a reader who left before they began', async () => {
    const id = await occupy(30_000);
    const { created_by: userId } = await get(id);
    const reader: Caller = {
      kind: 'user',
      id: newId(),
      userId,
      isOperator: false,
      sessionId: null,
      boundSpaceId: null,
      scopes: null,
    };
    const events = atelier.app.get(JobEvents, { strict: false });
    for (let left = 0; left < 2 * LISTENERS_MAX; left += 1) {
      const raw = new Writable();
      raw.destroy();
      await once(raw, 'close');
      const reply = { raw, type: () => reply, headers: () => reply, send: () => reply };
      await events.send(reader, id, undefined, reply as unknown as FastifyReply);
    }
    await cancel(id);
  });
});
