// Proves the choice of our own (`auto`), conversations that stay where they are, and that a choice asks nobody but memory.
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { RedisStickySessions } from '../../src/routing/adapters/redis-sticky-sessions.js';
import { InProcessStickySessions } from '../../src/routing/adapters/in-process-sticky-sessions.js';
import { toStickyKey } from '../../src/routing/domain/sticky-key.js';
import { STICK_TTL_S, type StickySessions } from '../../src/routing/sticky-sessions.port.js';
import { StillClock } from '../fakes/still-clock.js';
import {
  listOf,
  listSkipped,
  makeConnection,
  makeModel,
  RoutingRoom,
  SPACE,
} from '../factories/routing.factory.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';

/** Four questions of each: 10,000 choices. */
const SESSIONS = 2_500;
const SPACES = 500;
const NAMES = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'];
const OWN = { scope: 'space', searchSpaceId: SPACE } as const;
const firstOf = async (room: RoutingRoom, ...asked: Parameters<RoutingRoom['plan']>) =>
  (await room.list(...asked))[0] ?? '';

/** Seven models of falling quality on connections of their own. */
function makeRange(): RoutingRoom {
  return new RoutingRoom(
    NAMES.map((name, index) => makeConnection(`c-${name}`, [name], { quality: 90 - index * 10 })),
  );
}

describe('auto', () => {
  it('is among the best five, with the others to fall back to in the order of the space', async () => {
    const plan = await makeRange().plan({ model: 'auto' });
    expect(plan.candidates).toHaveLength(4);
    expect(plan.decision).toMatchObject({ layer: 'auto', requested: 'auto', candidateCount: 7 });
    const skipped = listSkipped(plan);
    expect(skipped.filter((told) => told.endsWith(' beyond_limit'))).toHaveLength(1);
    expect(skipped.slice(1)).toEqual(['m6@ not_among_best', 'm7@ not_among_best']);
    expect(await makeRange().list({ model: 'auto', enableFallback: false })).toEqual([
      listOf(plan)[0],
    ]);
  });

  it('passes over what cools down, is broken, fails too often, or is not for this key', async () => {
    const room = makeRange();
    room.health.views.set('c-m1', { coolingUntil: new Date('2099-01-01') });
    room.health.views.set('c-m2', { breaker: 'open' });
    room.health.views.set('c-m3', { errorRate: 0.11, calls: 20 });
    room.health.views.set('c-m4', { errorRate: 0.9, calls: 3 });
    const plan = await room.plan({ model: 'auto', isAllowed: (name) => name !== 'm5' });
    expect(listOf(plan).toSorted()).toEqual(['m4@c-m4', 'm6@c-m6', 'm7@c-m7']);
    expect(listSkipped(plan).toSorted()).toEqual([
      'm1@c-m1 cooling_down',
      'm2@c-m2 breaker_open',
      'm3@c-m3 failing',
      'm5@c-m5 not_allowed',
    ]);
    // Who names it gets it: the gate is for choices of ours alone.
    expect(await room.list({ model: 'm3' })).toEqual(['m3@c-m3']);
  });

  it('passes over what cannot do it, and says so where nothing can', async () => {
    const { capabilities } = makeModel('x');
    const small = makeModel('small', 'openai', { capabilities: { ...capabilities, nMax: 1 } });
    const room = new RoutingRoom([
      makeConnection('a', [small], { quality: 100 }),
      makeConnection('b', ['big']),
    ]);
    expect(await room.list({ model: 'auto' }, { n: 4 })).toEqual(['big@b']);
    await expect(room.plan({ model: 'auto' }, { n: 99 })).rejects.toMatchObject({
      code: 'routing.capability_missing',
    });
    room.health.views.set('b', { coolingUntil: new Date('2026-11-21T10:00:10Z') });
    await expect(room.plan({ model: 'auto' }, { n: 4 })).rejects.toMatchObject({
      code: 'upstream.unavailable',
      retryAfterS: 10,
    });
    await expect(
      room.plan({ model: 'auto', isAllowed: () => false }, { n: 4 }),
    ).rejects.toMatchObject({ code: 'auth.model_not_allowed' });
  });

  it('stays with the house, and keeps the last place for what costs nothing', async () => {
    const own = makeConnection('own', ['mine'], { ...OWN, quality: 100 });
    const room = makeRange();
    room.setConnections(...room.directory.connections, own);
    const found = await room.list({ model: 'auto' });
    expect(found).toHaveLength(4);
    expect(found.at(-1)).toBe('mine@own');
    expect(await room.list({ model: 'auto', enableFallback: false })).not.toContain('mine@own');
    const findObjection = (_model: string, { scope }: { scope: string }) =>
      scope === 'global' ? 'no_credit' : null;
    expect(await room.list({ model: 'auto', findObjection })).toEqual(['mine@own']);
    room.setConnections(own);
    expect(await room.list({ model: 'auto' })).toEqual(['mine@own']);
  });

  it('gives a space the same model while the list stands; one that leaves moves its own spaces', async () => {
    const room = makeRange();
    room.setConnections(...room.directory.connections.slice(0, 5));
    const spaces = Array.from({ length: SPACES }, (_space, index) => `space-${index}`);
    const ask = () =>
      Promise.all(
        spaces.map((searchSpaceId, index) =>
          firstOf(room, { model: 'auto', searchSpaceId, seed: `${index}` }),
        ),
      );
    const before = await ask();
    expect(await ask()).toEqual(before);
    room.health.views.set('c-m3', { breaker: 'open' });
    const after = await ask();
    const moved = spaces.filter((_space, index) => before[index] !== after[index]);
    const had = spaces.filter((_space, index) => before[index] === 'm3@c-m3');
    expect(moved).toEqual(had);
    expect(Math.abs(had.length / SPACES - 0.2)).toBeLessThan(0.07);
  });
});

describe('a conversation', () => {
  const five = () =>
    ['a', 'b', 'c', 'd', 'e'].map((id, index) =>
      makeConnection(id, ['flux'], { priority: index * 10 }),
    );

  it('stays on its connection whatever else changes, and moves only when that is gone', async () => {
    const room = new RoutingRoom(five());
    const sessions = Array.from({ length: SESSIONS }, (_session, index) => `session-${index}`);
    const ask = () =>
      Promise.all(sessions.map((session) => firstOf(room, { model: 'flux', session })));
    const before = await ask();
    expect(new Set(before).size).toBe(5);
    // Load and errors change what is best; who has begun stays.
    room.health.views.set('e', { running: 10, errorRate: 0.5 });
    room.health.views.set('d', { waiting: 5, answerMs: 900 });
    const plans = await Promise.all(
      sessions.map((session) => room.plan({ model: 'flux', session })),
    );
    expect(plans.map((plan) => listOf(plan)[0])).toEqual(before);
    const hits = plans.filter(({ decision }) => decision.stickyHit).length;
    expect(plans.every(({ candidates }) => candidates[0]?.isSticky)).toBe(true);
    room.setConnections(...five().filter(({ id }) => id !== 'c'));
    const after = await ask();
    const moved = sessions.filter((_session, index) => before[index] !== after[index]);
    expect(moved).toEqual(sessions.filter((_session, index) => before[index] === 'flux@c'));
    console.info(
      `sessions: ${hits} of ${SESSIONS} found their connection again; one of five gone moved ${moved.length}, all its own`,
    );
    expect(hits).toBe(SESSIONS);
    room.setConnections(...five());
    expect(await ask()).toEqual(after);
  });

  it('is another in another space, and for another model', async () => {
    const room = new RoutingRoom([
      ...five(),
      makeConnection('z', ['flux', 'sdxl'], { priority: 100 }),
    ]);
    await room.service.holdSession(
      { searchSpaceId: SPACE, session: 's' },
      { model: makeModel('flux'), connection: five()[0]! },
    );
    expect(await firstOf(room, { model: 'flux', session: 's' })).toBe('flux@a');
    const elsewhere = await room.plan({ model: 'flux', session: 's', searchSpaceId: 'other' });
    expect(elsewhere.decision.stickyHit).toBe(false);
    expect((await room.plan({ model: 'sdxl', session: 's' })).decision.stickyHit).toBe(false);
    expect((await room.plan({ model: 'flux' })).decision.stickyHit).toBe(false);
  });

  it('ends when it was silent for an hour', async () => {
    const room = new RoutingRoom(five());
    await room.plan({ model: 'flux', session: 's' });
    room.clock.move((STICK_TTL_S - 1) * 1_000);
    expect((await room.plan({ model: 'flux', session: 's' })).decision.stickyHit).toBe(true);
    room.clock.move(STICK_TTL_S * 1_000);
    expect((await room.plan({ model: 'flux', session: 's' })).decision.stickyHit).toBe(false);
  });

  it('draws the same order for the same seed, and spreads where there is none', async () => {
    const room = new RoutingRoom(five());
    const plan = () => room.list({ model: 'flux', seed: 'request-7' });
    expect(await plan()).toEqual(await plan());
    const firsts = await Promise.all(
      Array.from({ length: 200 }, () => firstOf(room, { model: 'flux', seed: undefined })),
    );
    expect(new Set(firsts).size).toBe(5);
  });
});

describe('a choice', () => {
  it('asks memory alone, and tells how long it took', async () => {
    const models = Array.from({ length: 60 }, (_model, index) => `model-${index}`);
    const connections = Array.from({ length: 10 }, (_one, index) =>
      makeConnection(`c${index}`, models),
    );
    const room = new RoutingRoom(connections);
    await room.plan({ model: 'model-1' });
    const { reads } = room.routesReader;
    for (const model of ['model-1', 'auto']) {
      const times: number[] = [];
      for (let count = 0; count < 200; count += 1) {
        times.push((await room.plan({ model, seed: `${count}` })).decision.decidedInUs);
      }
      const median = times.sort((left, right) => left - right)[100] ?? Infinity;
      console.info(`${model}: median ${median} µs among 60 models on 10 connections`);
      expect(median).toBeLessThan(30_000);
    }
    expect(room.routesReader.reads).toBe(reads);
  });
});

interface StickBench {
  sticks: StickySessions;
  close(): Promise<void>;
}

const BENCHES = {
  in_process: async (): Promise<StickBench> => ({
    sticks: new InProcessStickySessions(new StillClock()),
    close: async () => undefined,
  }),
  bull: async (): Promise<StickBench> => {
    const redis = createTestRedis();
    const sticks = new RedisStickySessions(redis.url, redis.prefix);
    await sticks.onModuleInit();
    return {
      sticks,
      async close() {
        sticks.onApplicationShutdown();
        await redis.drop();
      },
    };
  },
};

describe.each(queueKinds())('the store of sessions, %s', (kind) => {
  it('keeps, replaces and forgets', async () => {
    const bench = await BENCHES[kind]();
    const { sticks } = bench;
    const key = toStickyKey(SPACE, 'flux', 'session');
    expect(await sticks.find(key)).toBeNull();
    await sticks.keep(key, 'a');
    await sticks.keep(key, 'b');
    expect(await sticks.find(key)).toBe('b');
    await sticks.forget(key);
    expect(await sticks.find(key)).toBeNull();
    await bench.close();
  });
});

describe('the store of sessions in the process', () => {
  it('makes room by the least recently used', async () => {
    const sticks = new InProcessStickySessions(new StillClock(), 2);
    await sticks.keep('a', '1');
    await sticks.keep('b', '2');
    await sticks.find('a');
    await sticks.keep('c', '3');
    expect(await Promise.all(['a', 'b', 'c'].map((key) => sticks.find(key)))).toEqual([
      '1',
      null,
      '3',
    ]);
  });
});

for (const _ of queueKinds().filter((kind) => kind === 'bull')) {
  describe('the store of sessions on Redis', () => {
    it('is shared by processes, and ends by itself', async () => {
      const redis = createTestRedis();
      const [sticks, second] = [0, 1].map(() => new RedisStickySessions(redis.url, redis.prefix));
      await Promise.all([sticks!.onModuleInit(), second!.onModuleInit()]);
      await sticks!.keep('key', 'a');
      expect(await second!.find('key')).toBe('a');
      const client = new Redis(redis.url);
      const leftS = await client.ttl(`${redis.prefix}:stick:key`);
      expect(leftS).toBeGreaterThan(STICK_TTL_S - 60);
      expect(leftS).toBeLessThanOrEqual(STICK_TTL_S);
      await client.quit();
      for (const one of [sticks!, second!]) one.onApplicationShutdown();
      await redis.drop();
    });

    it('holds to nothing, and nobody up, while Redis is away', async () => {
      const redis = createTestRedis();
      const { hostname, port } = new URL(redis.url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      const sticks = new RedisStickySessions(`redis://127.0.0.1:${gate.port}`, redis.prefix);
      await sticks.onModuleInit();
      await sticks.keep('key', 'a');
      expect(await sticks.find('key')).toBe('a');
      gate.freeze();
      const startedAtMs = performance.now();
      expect(await sticks.find('key')).toBeNull();
      await sticks.keep('key', 'b');
      await sticks.forget('key');
      expect(performance.now() - startedAtMs).toBeLessThan(30_000);
      await gate.shut();
      await gate.open();
      await expect.poll(() => sticks.find('key'), { timeout: 30_000, interval: 100 }).toBe('a');
      sticks.onApplicationShutdown();
      await gate.shut();
      await redis.drop();
    });
  });
}
