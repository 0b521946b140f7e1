/**
 * Proves with the tool of `npm run conformance` that every operation of OpenAI's own description that the service has,
 * takes what is documented and answers as described: with the models of the house, and with a vendor behind it. An
 * operation counts from the moment its route stands in /docs-json.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, runConformance } from '../../scripts/conformance/run-conformance.mjs';
import { API_KEY, startApplication, type TestApplication } from '../setup/application.js';
import { startWithVendor } from '../setup/vendor-application.js';

const FILE = toPath('../fixtures/openai-openapi/description.json');
const TOOL = toPath('../../scripts/conformance/index.mjs');
/** Hundreds of pictures, on a machine that others load too. */
const TIMEOUT_MS = 900_000;
const CREDIT = { BOOTSTRAP_CREDIT_MICROS: '500000000' };
const DRIVEN = ['POST /images/generations', 'GET /models', 'GET /models/{model}'];

/** The catalogue's word, the price list's, and a vendor's own. */
const REFUSAL_CODES = [
  'routing.capability_missing',
  'billing.no_price',
  'provider.invalid_request',
];
/** What no chat model here has: a price for what vendors charge apart, and ears. */
const COMMON_LIMITS = [
  /^POST \/chat\/completions: (a picture to look at|a sound to listen to|a file to read)$/,
  /^POST \/chat\/completions: (audio|modalities|web_search_options|service_tier) /,
];
/** All that the models of the house may refuse of what is documented. */
const HOUSE_LIMITS = [
  ...COMMON_LIMITS,
  /^POST \/chat\/completions: (n 2|a stream of two choices)$/,
];
/** And those of OpenAI's newest models, and of the simulator that stands for it. */
const VENDOR_LIMITS = [
  ...COMMON_LIMITS,
  /^POST \/images\/(generations|edits): size "(256x256|512x512)"/,
  /^POST \/images\/(generations|edits): quality "(standard|hd)"/,
  /^POST \/images\/edits: input_fidelity /,
  /^POST \/chat\/completions: (max_tokens|prompt_cache_retention|prompt_cache_options|moderation) /,
  /^POST \/chat\/completions: a function of old$/,
];
const VENDOR_MODELS = {
  image: 'gpt-image-2',
  // No model of the vendor that lives makes them any more.
  variation: null,
  chat: 'gpt-5.4',
  embedding: 'text-embedding-3-small',
};

function toPath(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function drive(atelier: TestApplication, more: object = {}): Promise<Outcome> {
  const url = `${atelier.baseUrl}/v1`;
  return runConformance({
    file: FILE,
    url,
    key: API_KEY,
    refusalCodes: REFUSAL_CODES,
    ...more,
  });
}

/** What was refused besides. */
function beyond({ refused }: Outcome, limits: readonly RegExp[]): string[] {
  return refused.filter((one) => !limits.some((limit) => limit.test(one)));
}

describe('with the models of the house', () => {
  let atelier: TestApplication;
  beforeAll(async () => {
    atelier = await startApplication(CREDIT);
  });
  afterAll(() => atelier.stop());

  it('there is no finding', { timeout: TIMEOUT_MS }, async () => {
    const outcome = await drive(atelier);
    expect(outcome.findings).toEqual([]);
    expect(beyond(outcome, HOUSE_LIMITS)).toEqual([]);
    expect(outcome.unsent).toEqual([]);
    const driven = outcome.operations.filter(({ state }) => state === 'driven');
    expect(driven.map(({ name }) => name)).toEqual(expect.arrayContaining(DRIVEN));
  });

  it('the command says so, by its words and its exit', { timeout: TIMEOUT_MS }, async () => {
    const key = { CONFORMANCE_KEY: API_KEY, PATH: process.env.PATH };
    const run = (...parameters: string[]) =>
      promisify(execFile)(process.execPath, [TOOL, FILE, ...parameters], { env: key });
    const url = ['--url', `${atelier.baseUrl}/v1`];
    const { stdout } = await run(...url, '--only', 'GET /models,GET /chat');
    expect(stdout).toMatch(/^GET \/models +3 requests, 0 findings$/m);
    expect(stdout).toMatch(/^GET \/chat\/completions +absent$/m);
    expect(stdout).toMatch(/0 findings\n$/);
    // A model that is none cannot be retrieved: that is a finding, and the exit says so.
    const wrong = run(...url, '--only', 'GET /models/', '--models', 'image=no-such-model');
    await expect(wrong).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('404 to a request that the description allows'),
    });
    await expect(run('--url')).rejects.toMatchObject({ code: 2 });
  });
});

describe('with a vendor behind it', () => {
  let atelier: TestApplication;
  beforeAll(async () => {
    atelier = await startWithVendor(CREDIT);
  });
  afterAll(() => atelier.stop());

  it('there is no finding', { timeout: TIMEOUT_MS }, async () => {
    const outcome = await drive(atelier, { models: VENDOR_MODELS });
    expect(outcome.findings).toEqual([]);
    expect(beyond(outcome, VENDOR_LIMITS)).toEqual([]);
  });
});
