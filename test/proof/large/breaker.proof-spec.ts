/**
 * Proves R3: a connection whose vendor fails in a row is left out by every process, is tried by one call alone when its
 * time is over, stays shut when that fails and opens for all when it succeeds.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../../setup/fleet.js';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { OpenaiSimulator } from '../../simulators/openai.simulator.js';
import { type Reply, send } from '../service-client.js';

const FAILURES = 3;
const OPEN_S = 4;
const MS_PER_S = 1_000;
/** For what one process knows to reach the other. */
const TOLD_WITHIN_MS = 1_000;
const AT_ONCE = 12;
const KEY = 'vendor-credential-of-these-tests-0123456789';
const GENERATIONS = '/api/v1/image-generations';
const PICTURE = { model: 'gpt-image-1.5', prompt: 'a fox', size: '1024x1024', quality: 'low' };

describe('two processes and a vendor that fails', () => {
  let vendor: OpenaiSimulator;
  let installation: Installation;
  let fleet: Fleet;

  beforeAll(async () => {
    vendor = await OpenaiSimulator.start({ apiKey: KEY });
    installation = await createInstallation('large', {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BREAKER_FAILURES: String(FAILURES),
      BREAKER_OPEN_S: String(OPEN_S),
      UPSTREAM_REPEATS_MAX: '0',
    });
    fleet = new Fleet(installation);
    await fleet.start(['all', 'all']);
  });
  afterAll(async () => {
    await fleet.stop();
    await installation.drop();
    await vendor.stop();
  });

  function make(process: 0 | 1): Promise<Reply> {
    return send(fleet.addresses()[process] ?? '', 'POST', GENERATIONS, PICTURE);
  }

  /** Many at once on both; how often each answer came. */
  async function makeMany(): Promise<Record<string, number>> {
    const replies = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, turn) => make(turn % 2 === 0 ? 0 : 1)),
    );
    const counts: Record<string, number> = {};
    for (const { status, body } of replies) {
      const answer = status === 201 ? 'made' : String(body.code);
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    return counts;
  }

  const untilOver = () => delay(OPEN_S * MS_PER_S + TOLD_WITHIN_MS);

  it('is shut by faults in one, for both; tried by one call; opened by its success', async () => {
    vendor.failNext('server_error', FAILURES);
    for (let turn = 0; turn < FAILURES; turn += 1) {
      expect((await make(0)).body.code).toBe('provider.failed');
    }
    await delay(TOLD_WITHIN_MS);
    expect(await makeMany()).toEqual({ 'upstream.unavailable': AT_ONCE });
    expect(vendor.callCount).toBe(FAILURES);

    await untilOver();
    vendor.failNext('server_error', 1);
    expect(await makeMany()).toEqual({
      'provider.failed': 1,
      'upstream.unavailable': AT_ONCE - 1,
    });
    expect(vendor.callCount).toBe(FAILURES + 1);
    await delay(TOLD_WITHIN_MS);
    expect(await makeMany()).toEqual({ 'upstream.unavailable': AT_ONCE });

    await untilOver();
    expect((await make(1)).status).toBe(201);
    expect(vendor.callCount).toBe(FAILURES + 2);
    await delay(TOLD_WITHIN_MS);
    expect(await makeMany()).toEqual({ made: AT_ONCE });
  });

  it('leaves no money held', async () => {
    const wallets = await send(fleet.addresses()[1] ?? '', 'GET', '/api/v1/billing/wallets');
    expect(wallets.body.data).toMatchObject([{ held_micros: 0 }]);
  });
});
