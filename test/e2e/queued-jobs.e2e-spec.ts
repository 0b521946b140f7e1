// Proves what is promised of queued generations: their order, the bound of the queue, deadlines, events while they wait
// and run, and what operators do about those that the service itself spoiled.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../src/common/caller.js';
import { newId } from '../../src/common/ids.js';
import {
  DeadLettersReader,
  DeadLettersRepository,
} from '../../src/generations/domain/dead-letters.repository.port.js';
import { JobEvents } from '../../src/generations/http/job-events.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import type { Answer } from '../setup/application.js';
import { openEvents, type ServerEvent } from '../setup/event-stream.js';
import { expectProblem } from '../setup/expect-error.js';
import { addMember, createKey, createPerson, operatorOf, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const PRICE_MICROS = 1_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const ASYNC = { prefer: 'respond-async' };
const LETTERS = '/api/v1/ops/dead-letters';
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
const operate = (method: string, path: string, body?: object) =>
  atelier.call(method, `${LETTERS}${path}`, body, operatorOf(atelier));
const query = (text: string, values: unknown[]) =>
  atelier.app.get(Sql, { strict: false }).query(`test_${newId().slice(-12)}`, text, values);
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

describe('dead letters', () => {
  /** As if the process that ran it had gone away in the middle of the call. */
  async function interrupt(body: object = SMALL, headers: object = {}): Promise<string> {
    const first = await occupy(30_000);
    const { id } = (await post(body, headers)).body;
    await query(
      "UPDATE generation_attempts SET state = 'sent', sent_at = now() WHERE generation_id = $1",
      [id],
    );
    await query(
      `UPDATE generations SET status = 'running', lease_owner = $2, lease_until = now() - interval '1 s'
        WHERE id = $1`,
      [id, newId()],
    );
    await reach(id, 'failed');
    await cancel(first);
    return id;
  }

  const find = async (generationId: string) =>
    (await operate('GET', '')).body.data.find(
      (letter: { generation_id: string }) => letter.generation_id === generationId,
    );

  it('are run again as new generations, once it is said that they may be paid twice', async () => {
    const failed = await interrupt({ ...SMALL, seed: 7, metadata: { ticket: 'ART-42' } });
    const letter = await find(failed);
    expect(letter).toMatchObject({
      search_space_id: atelier.spaceId,
      error: { code: 'generations.interrupted' },
      attempts: 1,
      may_have_reached_vendor: true,
    });
    const unconfirmed = await operate('POST', `/${letter.id}/retry`, {});
    expectProblem(unconfirmed, { status: 409, code: 'generations.confirm_required' });
    const confirmed = { confirm_may_pay_twice: true };
    const both = await Promise.all([
      operate('POST', `/${letter.id}/retry`, confirmed),
      operate('POST', `/${letter.id}/retry`, confirmed),
    ]);
    const retried = both.find(({ status }) => status === 202)!;
    expect(both.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(retried.body).toMatchObject({ retried_from: failed, search_space_id: atelier.spaceId });
    const { generation_id: id } = retried.body;
    await reach(id, 'succeeded');
    expect(await get(id)).toMatchObject({
      prompt: SMALL.prompt,
      retried_from: failed,
      metadata: { ticket: 'ART-42' },
      cost_micros: PRICE_MICROS,
      images: [{ seed: 7 }],
    });
    expect(await find(failed)).toBeUndefined();
    const audit = '/api/v1/audit-events?action=dead_letter.retried';
    const { data } = (await atelier.call('GET', audit, undefined, operatorOf(atelier))).body;
    expect(data[0]).toMatchObject({ target_id: letter.id });
  });

  it('of a try-on are dressed the same way, on the consent that was given first', async () => {
    const toPicture = async (background: string) =>
      (
        await sharp({ create: { width: 64, height: 64, channels: 3, background } })
          .png()
          .toBuffer()
      ).toString('base64');
    const failed = await interrupt({
      operation: 'try_on',
      model: 'embedded-image',
      size: '64x64',
      prompt: 'the person wears the garment. '.repeat(120),
      tags: ['campaign 7'],
      optimize_prompt: false,
      reference_images: [
        { data: await toPicture('#0000ff'), role: 'garment', garment_category: 'upper_body' },
        { data: await toPicture('#ff0000'), role: 'person' },
      ],
      consent: { subject: 'third_party', basis: 'model_release', reference: 'release-7' },
    });
    const letter = await find(failed);
    const retried = await operate('POST', `/${letter.id}/retry`, { confirm_may_pay_twice: true });
    expect([retried.status, retried.body.code]).toEqual([202, undefined]);
    const { generation_id: id } = retried.body;
    await reach(id, 'succeeded');
    const { prompt_validation } = await get(failed);
    expect(prompt_validation.outcome).toBe('valid');
    expect(await get(id)).toMatchObject({
      operation: 'try_on',
      tags: ['campaign 7'],
      prompt_validation,
    });
    const wishes = `SELECT options -> 'tryOn' AS "tryOn" FROM generations WHERE id = $1`;
    expect(await query(wishes, [id])).toEqual(await query(wishes, [failed]));
    const consents = `SELECT subject, basis, reference, person_sha256, given_by FROM try_on_consents
                       WHERE generation_id = $1`;
    const [given] = await query(consents, [failed]);
    expect(given).toMatchObject({ basis: 'model_release', reference: 'release-7' });
    expect(await query(consents, [id])).toEqual([given]);
  });

  it('make one generation, however long a retry takes and whoever tries beside it', async () => {
    const failed = await interrupt();
    const { id: letterId } = await find(failed);
    const take = (retryId: string) =>
      atelier.app
        .get(UnitOfWork, { strict: false })
        .run((scope) => scope.get(DeadLettersRepository).take(letterId, retryId));
    const first = newId();
    expect(await take(first)).toBe(first);
    expect(await take(newId())).toBeNull();
    const age = `UPDATE dead_letters SET retry_at = now() - interval '3 minutes' WHERE id = $1`;
    await query(age, [letterId]);
    expect(await take(newId())).toBe(first);
    expect((await operate('DELETE', `/${letterId}`)).status).toBe(204);
  });

  it('are kept up to a bound, the newest of them', async () => {
    const [older, newer] = [await interrupt(), await interrupt()];
    const letters = atelier.app.get(DeadLettersReader, { strict: false });
    await letters.trim(1);
    expect(await find(older)).toBeUndefined();
    const kept = await find(newer);
    const listOf = async (space: string) =>
      (await operate('GET', `?search_space_id=${space}`)).body.data;
    expect(await listOf(atelier.spaceId)).toEqual([kept]);
    expect(await listOf(newId())).toEqual([]);
    expect((await operate('DELETE', `/${kept.id}`)).status).toBe(204);
  });

  it('ask for no more than their API key may ask for by now', async () => {
    const key = await createKey(atelier, operatorOf(atelier), atelier.spaceId);
    const failed = await interrupt({ ...SMALL, model: 'embedded-image' }, key.headers);
    const letter = await find(failed);
    const limit = (models: string[]) =>
      atelier.call(
        'PATCH',
        `/api/v1/api-keys/${key.id}`,
        { allowed_models: models },
        operatorOf(atelier),
      );
    const retry = () => operate('POST', `/${letter.id}/retry`, { confirm_may_pay_twice: true });
    expect((await limit(['gpt-*'])).status).toBe(200);
    expectProblem(await retry(), { status: 403, code: 'auth.model_not_allowed' });
    expect(await find(failed)).toEqual(letter);
    expect((await limit(['embedded-*'])).status).toBe(200);
    const retried = await retry();
    expect(retried.status).toBe(202);
    await reach(retried.body.generation_id, 'succeeded');
  });

  it('are dismissed; faults of vendors and callers are none', async () => {
    const failed = await interrupt();
    const letter = await find(failed);
    expect((await operate('DELETE', `/${letter.id}`)).status).toBe(204);
    expectProblem(await operate('DELETE', `/${letter.id}`), {
      status: 404,
      code: 'request.not_found',
    });
    expect((await get(failed)).status).toBe('failed');
    atelier.simulator.failNext('server_error', 2);
    const body = { model: 'gpt-image-2', prompt: 'a fox', size: '1024x1024', quality: 'low' };
    const { id } = (await post(body)).body;
    await reach(id, 'failed');
    expect(await find(id)).toBeUndefined();
  });
});
