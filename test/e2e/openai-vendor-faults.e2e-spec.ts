// Proves what every failure of a vendor becomes: one call, an answer by its kind with the stored record in it, a
// hold that is gone, a wallet that is whole, and books that say why. Neither answers nor the log give secrets away.
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, type Answer, API_KEY } from '../setup/application.js';
import { captureLog } from '../setup/captured-log.js';
import {
  GENERATIONS,
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';
import type { SimulatorFault } from '../simulators/openai.simulator.js';
import fixtures from '../simulators/fixtures/openai-image.json' with { type: 'json' };

/** The least that GENERATION_DEADLINE_S may be. */
const DEADLINE_S = 5;
/** A picture of noise in the size asked for has three times as many. */
const FILE_LIMIT_BYTES = 1_048_576;
const PROMPT = 'a fox that nobody else may read of';
const BODY = { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024', quality: 'low' };

const log = captureLog();
const answers: string[] = [];
let atelier: VendorApplication;

beforeAll(async () => {
  const limits = {
    GENERATION_DEADLINE_S: String(DEADLINE_S),
    FILE_LIMIT_BYTES: String(FILE_LIMIT_BYTES),
    COOLDOWN_CREDENTIAL_S: '0',
  };
  atelier = await startWithVendor(limits, log.logger);
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  atelier.simulator.reset();
  await atelier.forgive();
});

async function make(body: object = {}): Promise<Answer> {
  const answer = await atelier.call('POST', GENERATIONS, { ...BODY, ...body });
  answers.push(JSON.stringify([answer.body, [...answer.headers]]));
  return answer;
}

function listFiles(): string[] {
  const entries = readdirSync(atelier.config.media.dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

interface Expected {
  status: number;
  code: string;
  /** Value of Retry-After; null = there is none. */
  retryAfter: string | null;
}

/** One failing request, seen from every side. */
async function assertFails(fault: SimulatorFault, expected: Expected, body = {}): Promise<Answer> {
  const [wallet, files] = [await atelier.wallet(), listFiles()];
  atelier.simulator.failNext(fault);
  const answer = await make(body);
  expect(answer.status).toBe(expected.status);
  expect(answer.headers.get('retry-after')).toBe(expected.retryAfter);
  expect(answer.headers.get('x-should-retry')).toBe(String(expected.retryAfter !== null));
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ status: expected.status, code: expected.code });

  const [record] = await atelier.listGenerations();
  expect(answer.body.generation).toEqual(record);
  const why = { code: expected.code, message: answer.body.detail };
  expect(record).toMatchObject({
    status: 'failed',
    error: why,
    cost_micros: 0,
    images: [],
    attempts: [{ state: 'failed', error: why, cost_micros: 0, provider: 'openai' }],
  });
  const [usage] = await atelier.listUsage();
  expect(usage).toMatchObject({
    id: record.attempts[0].id,
    generation_id: record.id,
    outcome: 'failed',
    images_delivered: 0,
    charged_micros: 0,
    list_cost_micros: 0,
  });
  expect(await atelier.wallet()).toEqual(wallet);
  expect(wallet.held_micros).toBe(0);
  expect(listFiles()).toEqual(files);
  expect(atelier.simulator.callCount).toBe(1);
  return answer;
}

describe('a vendor that refuses', () => {
  it.each([
    ['moderation', 422, 'provider.refused', null],
    ['moderation_output', 422, 'provider.refused', null],
    ['azure_filter', 422, 'provider.refused', null],
    ['invalid_value', 422, 'provider.invalid_request', null],
    ['model_not_found', 422, 'provider.invalid_request', null],
    ['rate_limit', 429, 'provider.rate_limited', '7'],
    ['rate_limit_reset', 429, 'provider.rate_limited', '12'],
    ['quota', 502, 'provider.quota_exhausted', null],
    ['billing_hard_limit', 502, 'provider.quota_exhausted', null],
    ['bad_key', 502, 'provider.unauthorized', null],
    ['unverified_organization', 502, 'provider.unauthorized', null],
    ['redirect', 502, 'provider.failed', '1'],
  ] as const)('with %s is answered by %i %s', async (fault, status, code, retryAfter) => {
    const { body } = await assertFails(fault, { status, code, retryAfter });
    const { body: vendor } = fixtures[fault] as { body?: { error: { message: string } } };
    if (vendor) expect(JSON.stringify(body)).not.toContain(vendor.error.message);
  });

  it('and repeats the credential, does so to nobody', async () => {
    const { body } = await assertFails('echo_key', {
      status: 502,
      code: 'provider.unauthorized',
      retryAfter: null,
    });
    expect(JSON.stringify(body)).not.toContain('Incorrect API key');
    expect(log.text()).toContain('Incorrect API key provided: Bearer [redacted]');
  });
});

describe('a vendor that fails', () => {
  it.each([
    ['server_error', 502, 'provider.failed', '1'],
    ['overloaded', 502, 'provider.unavailable', '2'],
    ['html_bad_gateway', 502, 'provider.unavailable', '1'],
    ['gateway_timeout', 504, 'provider.timeout', null],
    ['cut', 502, 'provider.unavailable', '1'],
    ['cut_body', 502, 'provider.unavailable', '1'],
    ['malformed_json', 502, 'provider.malformed', null],
    ['html_success', 502, 'provider.malformed', null],
    ['empty_data', 502, 'provider.malformed', null],
    ['empty_data_paid', 502, 'provider.malformed', null],
  ] as const)('with %s is answered by %i %s', async (fault, status, code, retryAfter) => {
    await assertFails(fault, { status, code, retryAfter });
  });

  it('by saying nothing, is waited for until the deadline', async () => {
    const startedAtMs = performance.now();
    await assertFails('hang', { status: 504, code: 'provider.timeout', retryAfter: null });
    const tookS = (performance.now() - startedAtMs) / 1_000;
    expect(tookS).toBeGreaterThanOrEqual(DEADLINE_S);
    expect(tookS).toBeLessThan(2 * DEADLINE_S);
  });

  it('by being away, is a failure nobody is charged for', async () => {
    const gone = await startWithVendor({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    const wallet = await gone.wallet();
    const { status, body } = await gone.call('POST', GENERATIONS, BODY);
    expect([status, body.code]).toEqual([502, 'provider.unavailable']);
    expect(await gone.wallet()).toEqual(wallet);
    await gone.stop();
  });
});

describe('a vendor that lies', () => {
  const unusable = { status: 502, code: 'provider.malformed', retryAfter: null };

  it.each([
    ['not_an_image', 'not a picture of a kind that is kept'],
    ['metadata_url', 'cloud metadata service'],
    ['noise', `larger than ${FILE_LIMIT_BYTES} bytes`],
  ] as const)('with %s gets nothing stored, and the record says why', async (fault, reason) => {
    const { body } = await assertFails(fault, unusable);
    expect(body.generation.warnings).toEqual([
      { code: 'picture_unusable', message: expect.stringContaining(reason) },
    ]);
  });
});

describe('a queued generation', () => {
  it('fails in the background as it would have in the foreground', async () => {
    const wallet = await atelier.wallet();
    atelier.simulator.failNext('quota');
    const accepted = await atelier.call('POST', GENERATIONS, BODY, {
      ...atelier.key,
      prefer: 'respond-async',
    });
    expect(accepted.status).toBe(202);
    const read = () => atelier.call('GET', `${GENERATIONS}/${accepted.body.id}`);
    await expect.poll(async () => (await read()).body.status).toBe('failed');
    expect((await read()).body).toMatchObject({
      error: { code: 'provider.quota_exhausted' },
      attempts: [{ state: 'failed' }],
      cost_micros: 0,
    });
    expect(await atelier.wallet()).toEqual(wallet);
    expect(atelier.simulator.callCount).toBe(1);
  });
});

describe('answers and log', () => {
  /** Runs last: about all that was said above. */
  it('give no secret away, and no prompt to the log', async () => {
    await make();
    const said = answers.join('\n');
    const logged = log.text();
    expect(said).toContain('provider.unauthorized');
    expect(logged).toContain('vendor said');
    expect(logged).toContain('"route":"/api/v1/image-generations"');
    const { environment } = atelier.database;
    const { origin } = atelier.simulator;
    const secrets = [API_KEY, VENDOR_KEY, ADMIN_PASSWORD, atelier.token, environment.JWT_SECRET];
    for (const secret of secrets) {
      expect(secret).toBeTruthy();
      expect(said).not.toContain(secret);
      expect(logged).not.toContain(secret);
    }
    expect(said).not.toContain(origin);
    expect(said).not.toMatch(/sk-proj|platform\.openai\.com/);
    expect(logged).not.toContain('sk-proj');
    expect(logged).not.toContain(PROMPT);
  });
});
