// Proves how calls to vendors are made: slots until the real end, repeats that cannot pay twice, cooldowns, refusals.
import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { ProviderErrorKind } from '../../src/providers/spec/provider.errors.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import {
  makeFailure,
  makeTarget,
  MODEL,
  openUpstream,
  type UpstreamProcess,
} from './upstream-process.js';

const STALL_MAX_MS = 30_000;
const patient = () => new AbortController().signal;
const alone = () => ({ signal: patient(), hasAlternative: false });
const withOther = () => ({ signal: patient(), hasAlternative: true });

describe.each(queueKinds())('calls to vendors, counted %s', (kind) => {
  const testRedis = kind === 'bull' ? createTestRedis() : null;
  const opened: UpstreamProcess[] = [];
  let id: string;

  beforeEach(() => {
    id = newId();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((process) => process.end()));
    await testRedis?.drop();
  });

  async function open(settings: Parameters<typeof openUpstream>[0] = {}): Promise<UpstreamProcess> {
    const process = await openUpstream(settings, testRedis);
    opened.push(process);
    return process;
  }

  describe('slots', () => {
    it('are held until the call has really ended, however early its signal fired', async () => {
      const { calls, health } = await open();
      const target = makeTarget(id, { slotsMax: 1 });
      const controller = new AbortController();
      let end: (answer: string) => void = () => undefined;
      const vendor = new Promise<string>((resolve) => (end = resolve));
      const first = calls.run(
        target,
        { signal: controller.signal, hasAlternative: false },
        () => vendor,
      );
      await expect.poll(() => health.look(id, MODEL).running).toBe(1);
      controller.abort(new Error('gone'));
      await expect(calls.run(target, withOther(), async () => 'no')).rejects.toMatchObject({
        code: 'upstream.busy',
      });
      end('ended');
      await expect(first).resolves.toBe('ended');
      await expect(calls.run(target, alone(), async () => 'yes')).resolves.toBe('yes');
    });

    it('go to those who wait in the order in which they came, never more at once than there are', async () => {
      const { calls, health } = await open();
      const target = makeTarget(id, { slotsMax: 2 });
      const order: number[] = [];
      let most = 0;
      let running = 0;
      const runs = [];
      for (let index = 0; index < 20; index += 1) {
        runs.push(
          calls.run(target, alone(), async () => {
            order.push(index);
            most = Math.max(most, (running += 1));
            await new Promise((resolve) => setImmediate(resolve));
            running -= 1;
          }),
        );
        const isIn = () => order.length + health.look(id, MODEL).waiting > index;
        await expect.poll(isIn, { interval: 1, timeout: STALL_MAX_MS }).toBe(true);
      }
      await Promise.all(runs);
      expect(order).toEqual(Array.from({ length: 20 }, (_none, index) => index));
      expect(most).toBeLessThanOrEqual(2);
    });

    it('come back from 500 calls that were told to stop while they ran or waited', async () => {
      const { calls, health, metrics } = await open({
        connectionWait: { waitersMax: 1_000, waitS: 60 },
      });
      const target = makeTarget(id, { slotsMax: 10 });
      const controller = new AbortController();
      const { signal } = controller;
      setMaxListeners(0, signal);
      const runs = Array.from({ length: 500 }, () =>
        calls.run(
          target,
          { signal, hasAlternative: false },
          (given) =>
            new Promise((_resolve, reject) => {
              given.addEventListener('abort', () => reject(makeFailure('canceled')));
            }),
        ),
      );
      const settled = Promise.allSettled(runs);
      await expect
        .poll(() => health.look(id, MODEL), { timeout: STALL_MAX_MS })
        .toMatchObject({ running: 10, waiting: 490 });
      controller.abort();
      const outcomes = await settled;
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(
        new Set(outcomes.map((one) => (one as { reason: { code: string } }).reason.code)),
      ).toEqual(new Set(['generations.canceled']));
      expect(health.look(id, MODEL)).toMatchObject({ running: 0, waiting: 0 });
      expect(await metrics.registry.getSingleMetricAsString('atelier_upstream_slots')).not.toMatch(
        /\} [1-9]/,
      );
      const again = Array.from({ length: 10 }, () => calls.run(target, withOther(), async () => 1));
      await expect
        .poll(async () => (await Promise.allSettled(again)).map(({ status }) => status))
        .toEqual(Array.from({ length: 10 }, () => 'fulfilled'));
    });

    it('of callers are waited for by so many and no more, and one who leaves makes room', async () => {
      const { callers } = await open();
      const leases = [];
      for (let count = 0; count < 2; count += 1) leases.push(await callers.acquire(id, patient()));
      const leaver = new AbortController();
      const waits = [leaver.signal, patient(), patient()].map((one) => callers.acquire(id, one));
      const first = expect(waits[0]).rejects.toThrow('left');
      await expect(callers.acquire(id, patient())).rejects.toMatchObject({
        code: 'limits.slots',
        retryAfterS: expect.any(Number),
      });
      leaver.abort(new Error('left'));
      await first;
      for (const lease of leases) await lease.release();
      for (const lease of await Promise.all(waits.slice(1))) await lease.release();
      const last = await callers.acquire(id, patient());
      await last.release();
      await last.release();
    });

    it('of callers are taken at once or not at all, and never from those who wait', async () => {
      const { callers } = await open({ callerSlots: { slotsMax: 1, waitersMax: 1, waitS: 30 } });
      const lease = await callers.take(id);
      expect(lease).not.toBeNull();
      expect(await callers.take(id)).toBeNull();
      const wait = callers.acquire(id, patient());
      // Behind the first, so that that one is known to wait.
      await expect(callers.acquire(id, patient())).rejects.toMatchObject({ code: 'limits.slots' });
      await lease?.release();
      expect(await callers.take(id)).toBeNull();
      await (await wait).release();
      const again = await callers.take(id);
      expect(again).not.toBeNull();
      await again?.release();
    });

    it('that come free in one process are found by those who wait in another', async () => {
      const [one, two] = [await open(), testRedis ? await open() : null];
      const leases = [];
      for (let count = 0; count < 2; count += 1) {
        leases.push(await one.callers.acquire(id, patient()));
      }
      const waits = [one, two ?? one, one].map(({ callers }) => callers.acquire(id, patient()));
      for (const lease of leases) await lease.release();
      await Promise.race(waits).then((lease) => lease.release());
      for (const lease of await Promise.all(waits)) await lease.release();
    });

    it('that never come free end in a refusal in time', async () => {
      const { callers } = await open({ callerSlots: { slotsMax: 1, waitersMax: 1, waitS: 0.2 } });
      const lease = await callers.acquire(id, patient());
      await expect(callers.acquire(id, patient())).rejects.toMatchObject({ code: 'limits.slots' });
      await lease.release();
    });
  });

  describe('repeats', () => {
    /** How often the vendor was called, and which repeats were told. */
    async function count(
      process: UpstreamProcess,
      failure: Error,
      given: { isPool?: boolean; hasAlternative?: boolean },
    ) {
      const told: number[] = [];
      let times = 0;
      const options = {
        signal: patient(),
        hasAlternative: given.hasAlternative ?? false,
        onRepeat: (time: number) => told.push(time),
      };
      await process.calls
        .run(makeTarget(newId(), { isPool: given.isPool ?? false }), options, async () => {
          times += 1;
          throw failure;
        })
        .catch(() => undefined);
      return { times, told };
    }

    it('are made three times on a pool connection that is refused by status', async () => {
      const process = await open();
      for (const [kindOf, status] of [
        ['unauthorized', 401],
        ['unauthorized', 403],
        ['rate_limited', 429],
      ] as const) {
        const failure = makeFailure(kindOf, { status });
        const given = { isPool: true, hasAlternative: true };
        expect(await count(process, failure, given)).toEqual({ times: 4, told: [2, 3, 4] });
        expect((await count(process, failure, { hasAlternative: true })).times).toBe(1);
      }
    });

    it('are made on the only connection where nothing was paid, and left to another one else', async () => {
      const process = await open({ repeatsMax: 1 });
      const unpaid = makeFailure('unavailable', { status: 503 });
      expect((await count(process, unpaid, {})).times).toBe(2);
      expect((await count(process, unpaid, { hasAlternative: true })).times).toBe(1);
    });

    it.each([
      ['may have been paid', makeFailure('timeout', { mayHaveBeenPaid: true })],
      ['is a refusal', makeFailure('refused', { status: 400 })],
      ['asks for more patience', makeFailure('rate_limited', { status: 429, retryAfterS: 60 })],
      ['is our own', new Error('the store is full')],
    ])('are never made of what %s', async (_name, failure) => {
      const process = await open({ repeatsMax: 3 });
      expect((await count(process, failure, {})).times).toBe(1);
      expect((await count(process, failure, { isPool: true })).times).toBe(1);
    });

    it('end with the signal', async () => {
      const { calls } = await open({ repeatsMax: 3 });
      const controller = new AbortController();
      let times = 0;
      const run = calls.run(
        makeTarget(id),
        { signal: controller.signal, hasAlternative: false },
        async () => {
          times += 1;
          setImmediate(() => controller.abort());
          throw makeFailure('unavailable');
        },
      );
      await expect(run).rejects.toMatchObject({ code: 'generations.canceled' });
      expect(times).toBe(1);
    });
  });

  describe('cooldowns', () => {
    const fail = (process: UpstreamProcess, failure: Error, options = alone()) =>
      process.calls
        .run(makeTarget(id), options, () => Promise.reject(failure))
        .catch((error: unknown) => error);

    it.each([
      ['unauthorized', 401, undefined, 600, 600],
      ['quota_exhausted', 402, undefined, 600, 600],
      ['rate_limited', 429, undefined, 10, 300],
      ['rate_limited', 429, 42, 42, 42],
      ['rate_limited', 429, 999_999, 3_600, 3_600],
      ['unavailable', 529, undefined, 10, 600],
    ] as const)(
      '%s (%i, Retry-After %s) shut the only connection for %i s, one of several for %i s',
      async (kindOf, status, retryAfterS, aloneS, amongS) => {
        const process = await open();
        const failure = makeFailure(kindOf, { status, retryAfterS });
        for (const [options, lastsS] of [
          [alone(), aloneS],
          [withOther(), amongS],
        ] as const) {
          id = newId();
          expect(await fail(process, failure, options)).toBe(failure);
          const refusal = (await fail(process, failure)) as { retryAfterS: number };
          expect(refusal).toMatchObject({
            code: 'upstream.unavailable',
            details: { connection: id, reason: failure.code },
          });
          expect(refusal.retryAfterS).toBeLessThanOrEqual(lastsS);
          expect(refusal.retryAfterS).toBeGreaterThan(lastsS - 8);
          expect(process.health.look(id, MODEL).coolingReason).toBe(failure.code);
        }
      },
    );

    it('of a model that is not known leave the others on the connection alone', async () => {
      const process = await open();
      await fail(process, makeFailure('invalid_request', { reason: 'model_not_found' }));
      expect(process.health.look(id, MODEL).coolingUntil).toBeInstanceOf(Date);
      expect(process.health.look(id, 'another').coolingUntil).toBeNull();
    });

    it('of a 403, which may be about one model, leave the others on the connection alone', async () => {
      const process = await open();
      await fail(process, makeFailure('unauthorized', { status: 403 }));
      expect(process.health.look(id, MODEL).coolingUntil).toBeInstanceOf(Date);
      expect(process.health.look(id, 'another').coolingUntil).toBeNull();
    });

    it.each(['refused', 'invalid_request', 'canceled', 'failed', 'timeout'] as ProviderErrorKind[])(
      'are not made by %s',
      async (kindOf) => {
        const process = await open();
        await fail(process, makeFailure(kindOf, { status: 400 }));
        expect(process.health.look(id, MODEL).coolingUntil).toBeNull();
      },
    );

    it('end when an operator says so', async () => {
      const process = await open();
      await fail(process, makeFailure('unauthorized', { status: 401 }));
      expect(await process.gate.reset(id)).toBe(1);
      await expect(process.calls.run(makeTarget(id), alone(), async () => 1)).resolves.toBe(1);
    });
  });

  it('take the time until the answer begins, where the call tells it', async () => {
    const { calls, health } = await open();
    await calls.run(makeTarget(id), alone(), async (_signal, progress) => {
      progress.answerBegan();
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    expect(health.look(id, MODEL).answerMs).toBeLessThan(250);
    expect(health.look(newId(), MODEL).answerMs).toBeNull();
  });
});
