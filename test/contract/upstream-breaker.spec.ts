// Proves that a failing vendor is left alone, tried by one call, and taken back: here and in a second process.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';
import {
  makeFailure,
  makeTarget,
  MODEL,
  openUpstream,
  type UpstreamProcess,
} from './upstream-process.js';

const STALL_MAX_MS = 30_000;
const FAILURES = 5;
const options = () => ({ signal: new AbortController().signal, hasAlternative: true });

describe.each(queueKinds())('breakers, told %s', (kind) => {
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

  /** Two processes on one Redis; without one, the same twice. */
  async function openBoth(breakerOpenS = 1): Promise<[UpstreamProcess, UpstreamProcess]> {
    const one = await openUpstream({ breakerOpenS }, testRedis);
    const two = testRedis ? await openUpstream({ breakerOpenS }, testRedis) : one;
    opened.push(...new Set([one, two]));
    return [one, two];
  }

  const fail = (process: UpstreamProcess, failure: Error = makeFailure('failed')) =>
    process.calls
      .run(makeTarget(id), options(), () => Promise.reject(failure))
      .catch((error: unknown) => (error as { code: string }).code);

  async function breakOpen(process: UpstreamProcess): Promise<void> {
    for (let count = 0; count < FAILURES; count += 1) await fail(process);
  }

  const stateOf = (process: UpstreamProcess) => process.health.look(id, MODEL).breaker;
  const becomes = (process: UpstreamProcess, state: string) =>
    expect.poll(() => stateOf(process), { timeout: STALL_MAX_MS, interval: 20 }).toBe(state);

  it('open after so many faults in a row and not one before', async () => {
    const [one] = await openBoth(60);
    const codes = [];
    for (let count = 0; count < FAILURES + 1; count += 1) codes.push(await fail(one));
    expect(codes).toEqual([
      ...Array.from({ length: FAILURES }, () => 'provider.failed'),
      'upstream.unavailable',
    ]);
    expect(stateOf(one)).toBe('open');
  });

  it('count in a row: one success or refusal in between begins anew', async () => {
    const [one] = await openBoth(60);
    for (const answer of [() => Promise.resolve(1), () => Promise.reject(makeFailure('refused'))]) {
      for (let count = 0; count < FAILURES - 1; count += 1) await fail(one);
      await one.calls.run(makeTarget(id), options(), answer).catch(() => undefined);
    }
    expect(stateOf(one)).toBe('closed');
  });

  it.each([
    makeFailure('refused'),
    makeFailure('invalid_request'),
    makeFailure('canceled'),
    new Error('our own store'),
  ])('do not count what is not the fault of the vendor: %s', async (failure) => {
    const [one] = await openBoth();
    for (let count = 0; count < 2 * FAILURES; count += 1) await fail(one, failure);
    expect(stateOf(one)).toBe('closed');
    expect(one.health.look(id, MODEL).errorRate).toBe(0);
  });

  it('are seen open by the other process within a second', async () => {
    const [one, two] = await openBoth(60);
    await breakOpen(one);
    const openedAtMs = performance.now();
    await becomes(two, 'open');
    // Twice a second's bound, for machines that run tests stall.
    expect(performance.now() - openedAtMs).toBeLessThan(2_000);
    expect(await fail(two)).toBe('upstream.unavailable');
  });

  it('let one call through to see, in one process alone, and close when it succeeds', async () => {
    const [one, two] = await openBoth();
    await breakOpen(one);
    await Promise.all([becomes(one, 'half_open'), becomes(two, 'half_open')]);
    let end: () => void = () => undefined;
    const vendor = new Promise<void>((resolve) => (end = resolve));
    let calls = 0;
    const probes = Array.from({ length: 20 }, (_none, index) =>
      [one, two][index % 2]!.calls.run(makeTarget(id), options(), () => {
        calls += 1;
        return vendor;
      }),
    );
    const outcomes = Promise.allSettled(probes);
    await expect.poll(() => calls, { timeout: STALL_MAX_MS }).toBe(1);
    expect(await fail(two)).toBe('upstream.unavailable');
    end();
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(19);
    await Promise.all([becomes(one, 'closed'), becomes(two, 'closed')]);
    await expect(two.calls.run(makeTarget(id), options(), async () => 'back')).resolves.toBe(
      'back',
    );
  });

  it('open again when that call fails, at once and for everybody', async () => {
    const [one, two] = await openBoth();
    await breakOpen(one);
    await Promise.all([becomes(one, 'half_open'), becomes(two, 'half_open')]);
    expect(await fail(two)).toBe('provider.failed');
    expect(stateOf(two)).toBe('open');
    // The first may not have heard of it yet.
    expect(await fail(one)).toBe('upstream.unavailable');
  });

  it('go on to let one through after a call that said nothing of the vendor', async () => {
    const [one] = await openBoth();
    await breakOpen(one);
    await becomes(one, 'half_open');
    await fail(one, makeFailure('canceled'));
    expect(stateOf(one)).toBe('half_open');
    await expect(one.calls.run(makeTarget(id), options(), async () => 'back')).resolves.toBe(
      'back',
    );
    expect(stateOf(one)).toBe('closed');
  });

  for (const place of testRedis ? [testRedis] : []) {
    it('and cooldowns and loads are heard of by the other process, and cleared there', async () => {
      const [one, two] = await openBoth();
      await fail(one, makeFailure('unauthorized', { status: 401 }));
      let end: () => void = () => undefined;
      const vendor = new Promise<void>((resolve) => (end = resolve));
      const other = makeTarget(newId());
      const run = one.calls.run(other, options(), () => vendor);
      await expect
        .poll(() => two.health.look(id, MODEL).coolingReason, { timeout: STALL_MAX_MS })
        .toBe('provider.unauthorized');
      await expect
        .poll(() => two.health.look(other.connection.id, MODEL).running, { timeout: STALL_MAX_MS })
        .toBe(1);
      end();
      await run;
      expect(await two.gate.reset(id)).toBe(1);
      await expect
        .poll(() => one.health.look(id, MODEL).coolingUntil, { timeout: STALL_MAX_MS })
        .toBeNull();
    });

    it('work alone while Redis is away', async () => {
      const { hostname, port } = new URL(place.url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      const url = `redis://127.0.0.1:${gate.port}`;
      const process = await openUpstream({}, { url, prefix: place.prefix });
      opened.push(process);
      await gate.shut();
      await expect(
        process.calls.run(makeTarget(id, { slotsMax: 1 }), options(), async () => 'served'),
      ).resolves.toBe('served');
      await breakOpen(process);
      expect(stateOf(process)).toBe('open');
      await becomes(process, 'half_open');
      await process.calls.run(makeTarget(id), options(), async () => 'back');
      expect(stateOf(process)).toBe('closed');
    });
  }
});
