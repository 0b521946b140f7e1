// Proves that money is exact under load: 1,000 requests at once for pictures of price p, against a wallet with 50p.
// Exactly 50 reach the vendor and are paid; the other 950 are refused and leave no trace.
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/config/read-settings.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const REQUESTS = 1_000;
const AFFORDABLE = 50;
/** Every request waits for a slot and none for the minute's limit: nothing but money refuses here. */
const LIMITS: Environment = {
  THROTTLE_RPM: '100000',
  RUNS_MAX: '16',
  RUNS_WAITING_MAX: String(REQUESTS),
};
const TEST_TIMEOUT_MS = 90_000;

interface Outcome {
  status: number;
  shouldRetry: unknown;
  body: unknown;
}

let atelier: VendorApplication;

afterEach(async () => {
  await atelier.stop();
});

async function start(priceMicros: number): Promise<void> {
  const credit = { BOOTSTRAP_CREDIT_MICROS: String(AFFORDABLE * priceMicros) };
  atelier = await startWithVendor({ ...LIMITS, ...credit });
}

/** All on connections of their own, none of which gives up because the machine is busy. */
async function askAtOnce(path: string, body: object): Promise<Outcome[]> {
  const agent = new Agent({ connections: REQUESTS, connect: { timeout: TEST_TIMEOUT_MS } });
  const ask = async (): Promise<Outcome> => {
    const answer = await agent.request({
      origin: atelier.baseUrl,
      path,
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { statusCode: status, headers } = answer;
    return { status, shouldRetry: headers['x-should-retry'], body: await answer.body.json() };
  };
  try {
    return await Promise.all(Array.from({ length: REQUESTS }, ask));
  } finally {
    await agent.close();
  }
}

function countByStatus(answers: readonly Outcome[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The wallet is empty to the last micro, and every list agrees on what was bought. */
async function assertSpent(priceMicros: number): Promise<void> {
  const creditMicros = AFFORDABLE * priceMicros;
  expect(await atelier.wallet()).toMatchObject({
    available_micros: 0,
    held_micros: 0,
    spent_micros: creditMicros,
  });
  const generations = await atelier.listGenerations();
  expect(generations).toHaveLength(AFFORDABLE);
  for (const one of generations) {
    expect(one).toMatchObject({ status: 'succeeded', cost_micros: priceMicros });
    expect(one.images).toHaveLength(1);
  }
  const usage = await atelier.listUsage();
  expect(usage).toHaveLength(AFFORDABLE);
  const chargedMicros = usage.reduce((sum, row) => sum + Number(row.charged_micros), 0);
  expect(chargedMicros).toBe(creditMicros);
  expect(await countLedger()).toEqual({ grant: 1, hold: AFFORDABLE, post: AFFORDABLE });
}

/** Movements of the wallet by kind, page by page. */
async function countLedger(): Promise<Record<string, number>> {
  const { id } = (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
  const counts: Record<string, number> = {};
  let next = `/api/v1/billing/wallets/${id}/ledger?limit=100`;
  for (;;) {
    const { body } = await atelier.call('GET', next);
    for (const { kind } of body.data) counts[kind] = (counts[kind] ?? 0) + 1;
    if (body.next_cursor === null) return counts;
    next = `/api/v1/billing/wallets/${id}/ledger?limit=100&cursor=${body.next_cursor}`;
  }
}

describe('1,000 requests at once for a wallet that pays 50', () => {
  it(
    'buy exactly 50 pictures of the embedded renderer',
    async () => {
      const priceMicros = 1_000;
      await start(priceMicros);
      const body = { model: 'embedded-image', prompt: 'a fox', size: '32x32' };
      const answers = await askAtOnce(GENERATIONS, body);
      expect(countByStatus(answers)).toEqual({ 201: AFFORDABLE, 402: REQUESTS - AFFORDABLE });
      await assertSpent(priceMicros);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'make exactly 50 calls to the vendor',
    async () => {
      // 196 tokens of output and one of prompt: the hold counts `fox` as one token too, so it is spent to the last micro.
      const priceMicros = 196 * 30 + 5;
      await start(priceMicros);
      const body = { model: 'gpt-image-2', prompt: 'fox', size: '1024x1024', quality: 'low' };
      const answers = await askAtOnce('/v1/images/generations', {
        ...body,
        response_format: 'url',
      });
      expect(countByStatus(answers)).toEqual({ 200: AFFORDABLE, 402: REQUESTS - AFFORDABLE });
      expect(atelier.simulator.callCount).toBe(AFFORDABLE);
      const refused = answers.filter(({ status }) => status === 402);
      for (const refusal of refused) {
        expect(refusal).toMatchObject({
          shouldRetry: 'false',
          body: { error: { code: 'premium_quota_exhausted', required_micros: priceMicros } },
        });
      }
      await assertSpent(priceMicros);
    },
    TEST_TIMEOUT_MS,
  );
});
