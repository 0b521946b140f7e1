// Proves R1: whatever comes from upstream, the generation ends in the right state after the right number of calls, its
// hold is posted or gone, and no slot is kept, not by 500 calls that were given up.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { HOSTILE_ANSWERS, HostileUpstream } from '../simulators/hostile-upstream.js';

const GENERATIONS = '/api/v1/image-generations';
/** The least that it may be. */
const DEADLINE_S = 5;
const ABORTED = 500;
/** With a wide margin: slots are given back as the calls end. */
const FREED_WITHIN_MS = 30_000;
const ABORTS_TIMEOUT_MS = 240_000;
const BODY = { model: 'gpt-image-1.5', prompt: 'a fox', size: '1024x1024', quality: 'low' };

let upstream: HostileUpstream;
let atelier: TestApplication;

beforeAll(async () => {
  upstream = await new HostileUpstream().listen();
  atelier = await startApplication({
    OPENAI_API_KEY: 'vendor-credential-of-these-tests-0123456789',
    OPENAI_BASE_URL: upstream.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
    GENERATION_DEADLINE_S: String(DEADLINE_S),
    UPSTREAM_REPEATS_MAX: '1',
    // Each test begins with a vendor that nobody has a grudge against.
    BREAKER_FAILURES: '1000',
    COOLDOWN_ALONE_S: '0',
    THROTTLE_RPM: '1000000',
  });
});
afterAll(async () => {
  await atelier.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.callCount = 0;
});

async function wallet(): Promise<Answer['body']> {
  return (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
}

/** Slots of callers and connections that are held or waited for, as Prometheus is told. */
async function countSlots(): Promise<number> {
  const { body } = await atelier.call('GET', '/metrics');
  const lines = String(body).matchAll(/^atelier_(?:caller|upstream)_slots\{[^}]*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('an upstream that answers with', () => {
  it.each([
    ['status_500', 502, 'provider.failed', 2],
    ['status_429', 429, 'provider.rate_limited', 2],
    ['silence', 504, 'provider.timeout', 1],
    ['reset', 502, 'provider.unavailable', 1],
    ['reset_in_body', 502, 'provider.unavailable', 1],
    ['drip', 504, 'provider.timeout', 1],
    ['truncated_json', 502, 'provider.malformed', 1],
    ['invalid_base64', 502, 'provider.malformed', 1],
    ['error_in_success', 502, 'provider.malformed', 1],
    ['wrong_type', 502, 'provider.malformed', 1],
    ['wrong_shape', 502, 'provider.malformed', 1],
    // 10,001 pictures for one: nothing of such an answer is believed.
    ['too_many', 502, 'provider.malformed', 1],
  ] as const)('%s ends as %i %s after calls: %i', async (answer, status, code, calls) => {
    const before = await wallet();
    upstream.answer = answer;
    const reply = await atelier.call('POST', GENERATIONS, BODY);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.body.generation).toMatchObject({
      status: 'failed',
      images: [],
      cost_micros: 0,
      attempts: [{ state: 'failed', error: { code } }],
    });
    expect(upstream.callCount).toBe(calls);
    expect(await wallet()).toEqual(before);
    expect(await countSlots()).toBe(0);
  });

  it('what was asked for is charged, once', async () => {
    const before = await wallet();
    upstream.answer = 'fine';
    const { status, body } = await atelier.call('POST', GENERATIONS, BODY);
    expect([status, body.images.length, body.attempts.length]).toEqual([201, 1, 1]);
    expect(upstream.callCount).toBe(1);
    expect(body.cost_micros).toBeGreaterThan(0);
    const after = await wallet();
    expect(after.held_micros).toBe(0);
    expect(after.spent_micros).toBe(before.spent_micros + body.cost_micros);
    expect(await countSlots()).toBe(0);
  });

  it('each of them has its test', () => {
    expect(Object.keys(HOSTILE_ANSWERS)).toHaveLength(13);
  });
});

describe('calls that are given up', () => {
  it(
    `${ABORTED} of them leave no slot and no money held`,
    async () => {
      upstream.answer = 'silence';
      const prefer = { ...atelier.key, prefer: 'respond-async' };
      const cheap = { ...BODY, model: 'gpt-image-1-mini' };
      for (let begun = 0; begun < ABORTED; begun += 50) {
        const made = await Promise.all(
          Array.from({ length: 50 }, () => atelier.call('POST', GENERATIONS, cheap, prefer)),
        );
        expect(new Set(made.map(({ status }) => status))).toEqual(new Set([202]));
        const ended = await Promise.all(
          made.map(({ body }) => atelier.call('POST', `${GENERATIONS}/${body.id}/cancel`)),
        );
        expect(new Set(ended.map(({ status }) => status))).toEqual(new Set([200]));
      }
      await expect.poll(countSlots, { timeout: FREED_WITHIN_MS }).toBe(0);
      await expect
        .poll(async () => (await wallet()).held_micros, { timeout: FREED_WITHIN_MS })
        .toBe(0);
    },
    ABORTS_TIMEOUT_MS,
  );
});
