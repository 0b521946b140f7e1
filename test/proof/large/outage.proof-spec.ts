/**
 * Proves what the large set does while Redis or Postgres is away and when it comes back, and when a process is as good
 * as dead and then goes on. Redis and Postgres stand behind a gate that is shut; a Redis that comes back has lost its
 * keys, a Postgres has ended every session. A Redis server of the test's own is killed and started anew as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/read-settings.js';
import { Fleet } from '../../setup/fleet.js';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { OwnRedis } from '../../setup/own-redis.js';
import { proofRounds } from '../../setup/proof-rounds.js';
import { type ProofRow, toColumns } from '../../setup/proof-table.reporter.js';
import { createTcpGate, type TcpGate } from '../../setup/tcp-gate.js';
import { OpenaiSimulator } from '../../simulators/openai.simulator.js';
import { findFaults, OPEN_WORK } from '../books.js';
import { CrashClients } from '../crash-clients.js';
import { generate, GENERATIONS, readWallet, send } from '../service-client.js';
import { VendorCalls } from '../vendor-calls.js';

const PICTURE = { prompt: 'a fox', size: '32x32' };
/** Longer than a lease, so that every run outlives its own. */
const AWAY_MS = 3_500;
const BUSY_MS = 1_000;
const TERMINATIONS = 5;
const BACK_TIMEOUT_MS = 30_000;
const TEST_TIMEOUT_MS = 90_000;

describe('the large set', () => {
  let vendor: OpenaiSimulator;
  let installation: Installation;
  let fleet: Fleet;
  let gate: TcpGate | null;
  let ownRedis: OwnRedis | null;

  beforeEach(async () => {
    gate = null;
    ownRedis = null;
    vendor = await OpenaiSimulator.start({ delayMs: 100 });
    installation = await createInstallation('large', {
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '1000000000000',
      LEASE_S: '2',
      RECONCILE_EVERY_S: '1',
    });
  });

  afterEach(async () => {
    await gate?.open().catch(() => undefined);
    await fleet?.stop();
    await gate?.shut();
    await ownRedis?.kill();
    await vendor.stop();
    await installation.drop();
  });

  /** Processes that reach the service named by the setting through a gate. */
  async function startBehindGate(
    setting: 'DATABASE_URL' | 'REDIS_URL',
    port: number,
  ): Promise<TcpGate> {
    const url = new URL(String(installation.settings[setting]));
    const made = await createTcpGate({ host: url.hostname, port: Number(url.port || port) });
    gate = made;
    url.host = `127.0.0.1:${made.port}`;
    await start({ [setting]: url.href });
    return made;
  }

  async function start(settings: Environment = {}): Promise<void> {
    fleet = new Fleet(installation, settings);
    await fleet.start(['all', 'all']);
  }

  async function countOpen(): Promise<number> {
    const [row] = await installation.inspect((query) => query<{ count: string }>(OPEN_WORK));
    return Number(row?.count);
  }

  async function loseRedisKeys(): Promise<void> {
    const redis = new Redis(String(installation.settings.REDIS_URL));
    const keys = await redis.keys(`${installation.settings.REDIS_PREFIX}:*`);
    if (keys.length > 0) await redis.del(keys);
    await redis.quit();
  }

  it(
    'serves while Redis is away, and runs what was queued when it is back',
    async () => {
      const redis = await startBehindGate('REDIS_URL', 6379);
      const [first = ''] = fleet.addresses();
      const { pids } = fleet;
      await redis.shut();
      const [made, ...promised] = await Promise.all([
        generate(first, PICTURE),
        ...Array.from({ length: 4 }, () => generate(first, PICTURE, 'respond-async')),
      ]);
      expect(made?.status).toBe(201);
      expect(promised.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      const ready = await send(first, 'GET', '/health/ready');
      expect([ready.status, ready.body.checks.queue.status]).toEqual([503, 'down']);
      expect((await send(first, 'GET', '/health/live')).status).toBe(200);
      await delay(AWAY_MS);
      await loseRedisKeys();
      await redis.open();
      await expect.poll(countOpen, { timeout: BACK_TIMEOUT_MS }).toBe(0);
      const list = await send(first, 'GET', `${GENERATIONS}?status=succeeded`);
      expect(list.body.data).toHaveLength(5);
      expect(await readWallet(first)).toMatchObject({ held_micros: 0, spent_micros: 5_000 });
      await expect
        .poll(async () => (await send(first, 'GET', '/health/ready')).status, {
          timeout: BACK_TIMEOUT_MS,
        })
        .toBe(200);
      expect(fleet.pids).toEqual(pids);
      const later = await generate(first, PICTURE, 'respond-async');
      await expect
        .poll(async () => (await send(first, 'GET', `${GENERATIONS}/${later.body.id}`)).body.status)
        .toBe('succeeded');
    },
    TEST_TIMEOUT_MS,
  );

  /** Twelve that run or wait while Redis is lost and comes back: all succeed, each paid once. */
  async function expectNothingLost(loseRedis: () => Promise<void>): Promise<void> {
    const [first = ''] = fleet.addresses();
    const slow = { ...PICTURE, provider_options: { delay_ms: AWAY_MS / 2 } };
    await Promise.all(Array.from({ length: 12 }, () => generate(first, slow, 'respond-async')));
    const running = async () => {
      const { body } = await send(first, 'GET', `${GENERATIONS}?status=running`);
      return body.data.length;
    };
    await expect.poll(running, { timeout: BACK_TIMEOUT_MS }).toBeGreaterThan(0);
    await loseRedis();
    await expect.poll(countOpen, { timeout: BACK_TIMEOUT_MS }).toBe(0);
    const list = await send(first, 'GET', `${GENERATIONS}?status=succeeded`);
    expect(list.body.data).toHaveLength(12);
    expect(await readWallet(first)).toMatchObject({ held_micros: 0, spent_micros: 12_000 });
  }

  it(
    'loses nothing that ran or waited when Redis comes back empty in the middle of it',
    async () => {
      const redis = await startBehindGate('REDIS_URL', 6379);
      await expectNothingLost(async () => {
        await redis.shut();
        await loseRedisKeys();
        await redis.open();
      });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'loses nothing that ran or waited when a Redis server is killed and started anew',
    async () => {
      const redis = await OwnRedis.start();
      ownRedis = redis;
      await start({ REDIS_URL: redis.url });
      await expectNothingLost(async () => {
        await redis.kill();
        await delay(BUSY_MS);
        await redis.startAnew();
      });
    },
    TEST_TIMEOUT_MS,
  );

  it.for(proofRounds())(
    'round %i: concludes once what ran while Postgres was away',
    { timeout: TEST_TIMEOUT_MS },
    async (round, { task }) => {
      const postgres = await startBehindGate('DATABASE_URL', 5432);
      const counts = await expectSound(async () => {
        await postgres.shut();
        await delay(AWAY_MS);
        await postgres.open();
      });
      task.meta.proof = { name: 'Postgres away', row: { round, ...counts } };
    },
  );

  it.for(proofRounds())(
    'round %i: concludes once what ran while Postgres ended its sessions',
    { timeout: TEST_TIMEOUT_MS },
    async (round, { task }) => {
      await start();
      const counts = await expectSound(async () => {
        for (let count = 0; count < TERMINATIONS; count += 1) {
          await installation.inspect((query) =>
            query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()`),
          );
          await delay(BUSY_MS / TERMINATIONS);
        }
      });
      task.meta.proof = { name: 'Postgres sessions ended', row: { round, ...counts } };
    },
  );

  it.for(proofRounds())(
    'round %i: concludes once what ran in a process that stalled beyond its leases',
    { timeout: TEST_TIMEOUT_MS },
    async (round, { task }) => {
      await start();
      const counts = await expectSound(async () => {
        const [stalled] = fleet.services;
        stalled?.pause();
        await delay(AWAY_MS);
        stalled?.resume();
      });
      task.meta.proof = { name: 'Process stalled', row: { round, ...counts } };
    },
  );

  async function expectSound(disturb: () => Promise<void>): Promise<ProofRow> {
    const clients = new CrashClients(() => fleet.addresses());
    await clients.start();
    await delay(BUSY_MS);
    await disturb();
    await delay(BUSY_MS);
    await clients.stop();
    expect(fleet.lastWords()).toEqual([]);
    await expect.poll(countOpen, { timeout: BACK_TIMEOUT_MS }).toBe(0);
    await clients.repeatUnanswered();
    await expect.poll(countOpen, { timeout: BACK_TIMEOUT_MS }).toBe(0);
    expect(fleet.lastWords()).toEqual([]);
    expect(await fleet.stop()).toEqual(fleet.services.map(() => ({ code: 0, signal: null })));
    const calls = new VendorCalls();
    calls.collect(vendor);
    const faults = await installation.inspect(async (query) => [
      ...(await findFaults(query, installation.mediaDir)),
      ...(await calls.findFaults(query)),
    ]);
    expect([...clients.faults, ...faults]).toEqual([]);
    return { sent: clients.sentCount, ...toColumns(clients.statuses), vendor_calls: calls.count };
  }
});
