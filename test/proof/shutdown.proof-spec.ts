/** Proves how a process ends that is told to, in every part of its life. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../setup/installation.js';
import { ServiceProcess } from '../setup/service-process.js';
import { installationKind } from '../setup/services.js';
import { countTotals, findFaults, OPEN_WORK } from './books.js';
import { generate, GENERATIONS, send } from './service-client.js';

const CLEAN = { code: 0, signal: null };
const SLOW_MS = 5_000;
/** As many as a page of a list holds, half of them waited for. */
const RUNNING = 50;
const TEST_TIMEOUT_MS = 120_000;
/** A wake-up that was handed out in the last moment counts as stalled first, then goes to another. */
const ENDED_TIMEOUT_MS = 60_000;
/** Beyond the grace, for closing; the process gives itself 10 s. */
const CLOSE_MARGIN_MS = 9_000;
/** From the first moment in which the process can hear a signal to the last before it listens. */
const BOOT_SIGNALS_AFTER_MS = [0, 400];

function slow(delayMs: number, n = 1): object {
  return { prompt: 'slow', n, size: '32x32', provider_options: { delay_ms: delayMs } };
}

const kind = installationKind();

describe(`a process on the ${kind} set`, () => {
  let installation: Installation;

  beforeEach(async () => {
    installation = await createInstallation(kind, { LEASE_S: '2', RECONCILE_EVERY_S: '1' });
  });
  afterEach(() => installation.drop());

  async function expectSoundBooks(): Promise<void> {
    const faults = await installation.inspect((query) => findFaults(query, installation.mediaDir));
    expect(faults).toEqual([]);
  }

  async function countOpen(): Promise<number> {
    const [row] = await installation.inspect((query) => query<{ count: string }>(OPEN_WORK));
    return Number(row?.count);
  }

  async function countBy({ baseUrl }: ServiceProcess, status: string): Promise<number> {
    return (await send(baseUrl, 'GET', `${GENERATIONS}?status=${status}`)).body.data.length;
  }

  it(
    'answers what it has begun, takes nothing more, and ends with 0',
    async () => {
      const service = await ServiceProcess.start(installation.settings);
      const half = RUNNING / 2;
      const body = (n: number) => slow(2 * SLOW_MS, n);
      const answers = Array.from({ length: half }, () => generate(service.baseUrl, body(2)));
      const promised = await Promise.all(
        Array.from({ length: half }, () => generate(service.baseUrl, body(1), 'respond-async')),
      );
      expect(promised.every(({ status }) => status === 202)).toBe(true);
      await expect.poll(() => countBy(service, 'running'), { timeout: 2 * SLOW_MS }).toBe(RUNNING);
      const stopped = service.stop();
      await delay(SLOW_MS / 10);
      const late = await generate(service.baseUrl, slow(0)).catch(() => null);
      if (late)
        expect(late).toMatchObject({ status: 503, body: { code: 'request.shutting_down' } });
      for (const { status, body: record } of await Promise.all(answers)) {
        expect([status, record.status]).toEqual([201, 'succeeded']);
      }
      expect(await stopped).toEqual(CLEAN);
      expect(await countOpen()).toBe(0);
      expect(await installation.inspect(countTotals)).toMatchObject({
        succeeded: RUNNING,
        pictures: half * 3,
      });
      await expectSoundBooks();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'leaves what still waits in the queue to the next start',
    async () => {
      const few = { ...installation.settings, RUNS_MAX: '2' };
      const service = await ServiceProcess.start(few);
      await Promise.all(
        Array.from({ length: 5 }, () => generate(service.baseUrl, slow(SLOW_MS), 'respond-async')),
      );
      await expect.poll(() => countBy(service, 'running'), { timeout: SLOW_MS }).toBe(2);
      expect(await service.stop()).toEqual(CLEAN);
      expect(await countOpen()).toBe(3);
      const next = await ServiceProcess.start(few);
      await expect.poll(() => countBy(next, 'succeeded'), { timeout: ENDED_TIMEOUT_MS }).toBe(5);
      expect(await next.stop()).toEqual(CLEAN);
      await expectSoundBooks();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'does not wait beyond its grace; the next start ends what was cut off, at no cost',
    async () => {
      const settings = { ...installation.settings, SHUTDOWN_GRACE_S: '1' };
      const service = await ServiceProcess.start(settings);
      const cut = generate(service.baseUrl, slow(40_000)).catch(() => 'cut off');
      await generate(service.baseUrl, slow(40_000), 'respond-async');
      await delay(SLOW_MS / 3);
      const startedAtMs = performance.now();
      expect(await service.stop()).toEqual(CLEAN);
      expect(performance.now() - startedAtMs).toBeLessThan(1_000 + CLOSE_MARGIN_MS);
      expect(await cut).toBe('cut off');
      const next = await ServiceProcess.start(settings);
      await expect.poll(() => countBy(next, 'failed'), { timeout: ENDED_TIMEOUT_MS }).toBe(2);
      const { body } = await send(next.baseUrl, 'GET', `${GENERATIONS}?status=failed`);
      expect(body.data[0]).toMatchObject({
        cost_micros: 0,
        error: { code: 'generations.interrupted' },
      });
      expect(await next.stop()).toEqual(CLEAN);
      await expectSoundBooks();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends with 0 when it is told to before it listens',
    async () => {
      for (const afterMs of BOOT_SIGNALS_AFTER_MS) {
        const service = ServiceProcess.launch(installation.settings);
        await expect.poll(() => service.output, { timeout: ENDED_TIMEOUT_MS }).not.toBe('');
        await delay(afterMs);
        expect(await service.stop(afterMs === 0 ? 'SIGINT' : 'SIGTERM')).toEqual(CLEAN);
      }
      const next = await ServiceProcess.start(installation.settings);
      expect((await generate(next.baseUrl, slow(0))).status).toBe(201);
      expect(await next.stop()).toEqual(CLEAN);
    },
    TEST_TIMEOUT_MS,
  );
});
