// Proves that clients who repeat themselves and wait for one run take no place from other runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../setup/application.js';

const REPEATS = 20;
/** Of 24 places one space has 21: for the run, its repeats, and not one more. */
const PLACES = { RUNS_MAX: '2', RUNS_WAITING_MAX: '22' };
/** By then the repeats have found the run they wait for. */
const ATTACHED_AFTER_MS = 1_000;
let atelier: TestApplication;

beforeAll(async () => {
  atelier = await startApplication(PLACES);
});
afterAll(async () => {
  await atelier.stop();
});

it('runs for others while twenty repeats wait for one generation', async () => {
  const path = '/api/v1/image-generations';
  const slow = { prompt: 'slow', size: '32x32', provider_options: { delay_ms: 5_000 } };
  const client = { ...atelier.key, 'x-stainless-lang': 'js' };
  const first = atelier.call('POST', path, slow, client);
  await expect
    .poll(async () => (await atelier.call('GET', `${path}?status=running`)).body.data.length)
    .toBe(1);
  const repeats = Array.from({ length: REPEATS }, () =>
    atelier.call('POST', path, slow, { ...client, 'x-stainless-retry-count': '1' }),
  );
  await sleep(ATTACHED_AFTER_MS);
  const other = await atelier.call('POST', path, { prompt: 'quick', size: '32x32' });
  expect(other.status).toBe(201);
  const answers = await Promise.all([first, ...repeats]);
  expect(answers.filter(({ body }) => body.id === undefined).map(({ body }) => body)).toEqual([]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const wallet = await atelier.call('GET', '/api/v1/billing/wallets');
  expect(wallet.body.data[0].spent_micros).toBe(2_000);
});
