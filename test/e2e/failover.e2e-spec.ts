// Proves R2: when the first vendor fails without having been paid, the next candidate makes the picture at its own price,
// every attempt is in the record, and nothing is ever sent on that may have been paid or was refused for its content.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../setup/application.js';
import {
  GENERATIONS,
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { withoutLooks } from '../setup/without-looks.js';
import { StabilitySimulator } from '../simulators/stability.simulator.js';

const ROUTE = 'studio';
const FIRST = { model: 'gpt-image-1.5', provider: 'openai', connection: 'env:openai' };
const SECOND = { model: 'sd3.5-large', provider: 'stability', connection: 'env:stability' };
/** sd3.5-large, by the price list. */
const SECOND_MICROS = 65_000;
const BODY = { model: ROUTE, prompt: 'a fox', size: '1024x1024' };

let stability: StabilitySimulator;
let atelier: VendorApplication;
let operator: Record<string, string>;

beforeAll(async () => {
  stability = await StabilitySimulator.start({ apiKey: VENDOR_KEY });
  atelier = await startWithVendor({
    STABILITY_API_KEY: VENDOR_KEY,
    STABILITY_BASE_URL: stability.baseUrl,
    // Each test begins with vendors that nobody has a grudge against.
    COOLDOWN_RATE_LIMITED_S: '0',
    COOLDOWN_OVERLOADED_S: '0',
    COOLDOWN_CREDENTIAL_S: '0',
    COOLDOWN_MODEL_S: '0',
    GENERATION_DEADLINE_S: '20',
  });
  operator = { authorization: `Bearer ${atelier.token}` };
  const candidates = [
    { model: FIRST.model, order: 0 },
    { model: SECOND.model, order: 1 },
  ];
  const made = await atelier.call('POST', '/api/v1/routes', { name: ROUTE, candidates }, operator);
  expect(made).toMatchObject({ status: 201 });
});
afterAll(async () => {
  await atelier.stop();
  await stability.stop();
});
beforeEach(async () => {
  atelier.simulator.reset();
  stability.reset();
  await atelier.forgive();
});

function make(more: object = {}): Promise<Answer> {
  return atelier.call('POST', GENERATIONS, { ...BODY, ...more });
}

/** What the two vendors were asked. */
function calls(): [number, number] {
  return [atelier.simulator.callCount, stability.callCount];
}

describe('a vendor that fails unpaid', () => {
  it.each([
    ['server_error', 'provider.failed'],
    ['rate_limit', 'provider.rate_limited'],
    ['quota', 'provider.quota_exhausted'],
    ['bad_key', 'provider.unauthorized'],
  ] as const)('with %s hands over to the next, which is paid', async (fault, code) => {
    const before = await atelier.wallet();
    atelier.simulator.failNext(fault);
    const { status, body } = await make();
    expect([status, body.status]).toEqual([201, 'succeeded']);
    expect(body).toMatchObject({
      model: SECOND.model,
      provider: SECOND.provider,
      requested_model: ROUTE,
      cost_micros: SECOND_MICROS,
      attempts: [
        { ...FIRST, ordinal: 1, state: 'failed', error: { code }, cost_micros: 0 },
        { ...SECOND, ordinal: 2, state: 'succeeded', error: null, cost_micros: SECOND_MICROS },
      ],
      routing: { layer: 'route', requested: ROUTE },
    });
    expect(calls()).toEqual([1, 1]);
    const read = await atelier.call('GET', `${GENERATIONS}/${body.id}`);
    expect(withoutLooks(read.body)).toEqual(body);
    const after = await atelier.wallet();
    expect(after.available_micros).toBe(before.available_micros - SECOND_MICROS);
    expect(after.held_micros).toBe(0);
    const [usage] = await atelier.listUsage();
    expect(usage).toMatchObject({
      id: body.attempts[1].id,
      provider: SECOND.provider,
      model: SECOND.model,
      requested_model: ROUTE,
      charged_micros: SECOND_MICROS,
    });
  });

  it('leaves the last failure when the next fails too, and nothing is charged', async () => {
    const before = await atelier.wallet();
    atelier.simulator.failNext('server_error');
    stability.failNext('server_error');
    const { status, body } = await make();
    expect([status, body.code]).toEqual([502, 'provider.failed']);
    expect(body.generation.attempts).toMatchObject([
      { ...FIRST, state: 'failed' },
      { ...SECOND, state: 'failed' },
    ]);
    expect(calls()).toEqual([1, 1]);
    expect(await atelier.wallet()).toEqual(before);
  });
});

describe('the next vendor is left alone', () => {
  it.each([
    ['moderation', 422],
    ['invalid_value', 422],
    // The first may have made the picture: nobody pays twice for it.
    ['cut_body', 502],
  ] as const)('after %s', async (fault, expected) => {
    const before = await atelier.wallet();
    atelier.simulator.failNext(fault);
    const { status, body } = await make();
    expect(status).toBe(expected);
    expect(body.generation.attempts).toHaveLength(1);
    expect(calls()).toEqual([1, 0]);
    expect(await atelier.wallet()).toEqual(before);
  });

  it.each([{ enable_fallback: false }, { max_retries: 0 }])('with %o', async (more) => {
    atelier.simulator.failNext('server_error');
    const { status, body } = await make(more);
    expect(status).toBe(502);
    expect(body.generation.attempts).toHaveLength(1);
    expect(calls()).toEqual([1, 0]);
  });

  it('by a caller who named a model, unless asked', async () => {
    atelier.simulator.failNext('server_error');
    expect((await make({ model: FIRST.model })).status).toBe(502);
    expect(calls()).toEqual([1, 0]);
  });
});

describe('what one vendor refuses to show', () => {
  it('is asked of the next only where the space allows it', async () => {
    const path = `/api/v1/search-spaces/${atelier.spaceId}/model-preferences`;
    const allow = (isAllowed: boolean) =>
      atelier.call('PUT', path, { fail_over_refusals: isAllowed }, operator);
    expect(await allow(true)).toMatchObject({ status: 200, body: { fail_over_refusals: true } });
    atelier.simulator.failNext('moderation');
    const { status, body } = await make();
    expect([status, body.provider]).toEqual([201, SECOND.provider]);
    expect(body.attempts[0].error.code).toBe('provider.refused');
    await allow(false);
    atelier.simulator.failNext('moderation');
    expect((await make()).status).toBe(422);
  });
});

describe('a quote and a hold', () => {
  it('stand for the dearest of the candidates, and show each with its price', async () => {
    const { body } = await atelier.call('POST', `${GENERATIONS}/quote`, BODY);
    const [first, second] = body.route.candidates;
    expect([first, second]).toMatchObject([FIRST, SECOND]);
    expect(second.max_micros).toBe(SECOND_MICROS);
    expect(body.price.max_micros).toBe(Math.max(first.max_micros, second.max_micros));
    expect(body.route).toMatchObject({
      reason: 'route',
      decision: {
        route: ROUTE,
        candidates: [
          { ...FIRST, outcome: 'chosen' },
          { ...SECOND, outcome: 'fallback' },
        ],
      },
    });
  });
});
