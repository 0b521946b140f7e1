// Proves what operators do about generations that the service itself spoiled: they are listed, run again or dismissed.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  DeadLettersReader,
  DeadLettersRepository,
} from '../../src/generations/domain/dead-letters.repository.port.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import type { Answer } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createKey, operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const PRICE_MICROS = 1_000;
const SMALL = { prompt: 'a fox', size: '32x32' };
const ASYNC = { prefer: 'respond-async' };
const LETTERS = '/api/v1/ops/dead-letters';
const TIMEOUT_MS = 30_000;

let atelier: VendorApplication;

beforeAll(async () => {
  // One run at a time for the worker, so that what is queued behind a slow one stays queued.
  atelier = await startWithVendor({ RUNS_MAX: '1', RECONCILE_EVERY_S: '1' });
});
afterAll(() => atelier.stop());

const slow = (delayMs: number) => ({ ...SMALL, provider_options: { delay_ms: delayMs } });
const post = (body: object, headers: object = {}): Promise<Answer> =>
  atelier.call('POST', GENERATIONS, body, { ...atelier.key, ...ASYNC, ...headers });
const get = async (id: string) => (await atelier.call('GET', `${GENERATIONS}/${id}`)).body;
const cancel = (id: string) => atelier.call('POST', `${GENERATIONS}/${id}/cancel`);
const operate = (method: string, path: string, body?: object) =>
  atelier.call(method, `${LETTERS}${path}`, body, operatorOf(atelier));
const query = (text: string, values: unknown[]) =>
  atelier.app.get(Sql, { strict: false }).query(`test_${newId().slice(-12)}`, text, values);

function reach(id: string, status: string): Promise<void> {
  return expect.poll(async () => (await get(id)).status, { timeout: TIMEOUT_MS }).toBe(status);
}

/** A slow one that keeps the only run busy. */
async function occupy(delayMs: number): Promise<string> {
  const { id } = (await post(slow(delayMs))).body;
  await reach(id, 'running');
  return id;
}

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
