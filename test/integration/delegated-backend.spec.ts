// Proves the way to the remote backend over real HTTP: what is signed, what is believed, how long it waits and how many.
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import type { DelegatedConfig } from '../../src/config/app-config.js';
import { BackendExchange } from '../../src/delegated/backend-exchange.js';
import { DelegatedBackend } from '../../src/delegated/delegated-backend.js';
import { SECRET } from '../setup/delegated-application.js';
import { DelegatedBackendSimulator } from '../simulators/delegated-backend.simulator.js';

const AWAY = { code: 'service.unavailable' };
const USER = 'shopper 7/ä&b';
const KEY = 'shop_key';

let simulator: DelegatedBackendSimulator;
let dispatcher: Agent;

beforeAll(async () => {
  simulator = await DelegatedBackendSimulator.start(SECRET);
  simulator.accounts.set(USER, { apiKey: KEY, credits: 3 });
  dispatcher = new Agent();
});
afterAll(async () => {
  await dispatcher.destroy();
  await simulator.stop();
});
beforeEach(() => {
  simulator.reset();
  simulator.signsReplies = false;
});

function open(changes: Partial<DelegatedConfig> = {}): DelegatedBackend {
  const config = {
    url: simulator.url,
    secret: SECRET,
    spaceId: '',
    needsSignedReplies: false,
    timeoutMs: 5_000,
    retryDelayMs: 1,
    callsMax: 10,
    cacheMs: 0,
    breakerFaultsMax: 100,
    breakerOpenMs: 60_000,
    ...changes,
  };
  const clock = new SystemClock();
  return new DelegatedBackend(config, new BackendExchange(config, dispatcher, clock), clock);
}

describe('questions', () => {
  it('are signed with time, method, path, query and body', async () => {
    const backend = open();
    expect(await backend.verify(USER, KEY)).toBe(true);
    expect(await backend.verify(USER, 'another')).toBe(false);
    expect(await backend.findCredits(USER)).toEqual({ hasCredits: true, available: 3 });
    expect(simulator.calls.map(({ isGenuine }) => isGenuine)).toEqual([true, true, true]);
  });

  it('are signed as they are on the wire, whatever the user is called', async () => {
    const printable = String.fromCharCode(
      ...Array.from({ length: 94 }, (_, index) => 0x21 + index),
    );
    simulator.accounts.set(printable, { apiKey: KEY, credits: 3 });
    expect(await open().findCredits(printable)).toEqual({ hasCredits: true, available: 3 });
    expect(simulator.calls.map(({ isGenuine }) => isGenuine)).toEqual([true]);
  });

  it('signed with another secret are answered by nobody’s yes', async () => {
    const backend = open({ secret: 'a secret that the shop does not know' });
    expect(await backend.verify(USER, KEY)).toBe(false);
    expect(await backend.findCredits(USER)).toBeNull();
  });

  it('answered about somebody else are asked once, and keep nobody else out', async () => {
    const backend = open({ breakerFaultsMax: 1 });
    simulator.failNext('verify', 'other_user');
    await expect(backend.verify('042', KEY)).rejects.toMatchObject(AWAY);
    expect(simulator.calls).toHaveLength(1);
    expect(await backend.verify(USER, KEY)).toBe(true);
  });

  it('are given up in time, each attempt by itself', async () => {
    simulator.failNext('verify', 'hang', 3);
    await expect(open({ timeoutMs: 150 }).verify(USER, KEY)).rejects.toMatchObject(AWAY);
    expect(simulator.calls).toHaveLength(3);
  });

  it('beyond the bound are refused without being sent', async () => {
    simulator.failNext('verify', 'hang', 6);
    const backend = open({ callsMax: 2, timeoutMs: 1_000 });
    const asked = Array.from({ length: 5 }, () => backend.verify(USER, KEY));
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(simulator.calls).toHaveLength(6);
    expect(await backend.verify(USER, KEY)).toBe(true);
  });

  it('to a host that refuses connections are in vain', async () => {
    const gone = await DelegatedBackendSimulator.start(SECRET);
    const { url } = gone;
    await gone.stop();
    await expect(open({ url }).findCredits(USER)).rejects.toMatchObject(AWAY);
  });
});

describe('replies', () => {
  it('must be signed where that is required', async () => {
    const backend = open({ needsSignedReplies: true });
    await expect(backend.verify(USER, KEY)).rejects.toMatchObject(AWAY);
    simulator.signsReplies = true;
    expect(await backend.verify(USER, KEY)).toBe(true);
  });

  it('with a wrong signature are believed nowhere', async () => {
    simulator.failNext('credits', 'forged', 3);
    await expect(open().findCredits(USER)).rejects.toMatchObject(AWAY);
  });
});

describe('reports', () => {
  const usage = { userId: USER, usedCredits: 1, catalogId: null, imageUrl: 'x', latencyMs: 5 };

  it('are sent once a call: the outbox repeats them', async () => {
    const backend = open();
    const { signal } = new AbortController();
    simulator.failNext('webhook', 'status=503');
    await expect(backend.report(usage, 'event-1', signal)).rejects.toThrow('server_error');
    expect(simulator.calls).toHaveLength(1);
    await backend.report(usage, 'event-1', signal);
    expect(simulator.booked.get('event-1')).toMatchObject({ user_id: USER, used_credits: 1 });
  });

  it('that were taken before are done', async () => {
    simulator.failNext('webhook', 'status=409');
    await open().report(usage, 'event-2', new AbortController().signal);
    expect(simulator.calls).toHaveLength(1);
  });

  it('are given up when the delivery’s time is up', async () => {
    simulator.failNext('webhook', 'hang');
    const limit = AbortSignal.timeout(100);
    await expect(open().report(usage, 'event-3', limit)).rejects.toThrow('unreachable');
  });
});
