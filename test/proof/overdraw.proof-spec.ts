/**
 * Proves that a wallet is never overdrawn: 1,000 requests at once for pictures of price p on a wallet with 50 p. On the
 * large set they go to two processes. Half of them wait for their picture, half are queued.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../setup/fleet.js';
import { createInstallation, type Installation } from '../setup/installation.js';
import { proofRounds } from '../setup/proof-rounds.js';
import { toColumns } from '../setup/proof-table.reporter.js';
import { installationKind } from '../setup/services.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { countTotals, findFaults } from './books.js';
import { generate, GENERATIONS, grant, readWallet, send } from './service-client.js';

const REQUESTS = 1_000;
const PAYABLE = 50;
/** 196 output tokens at 30 micros, and the one token that so short a prompt counts as, for hold and charge alike. */
const PRICE_MICROS = 5_885;
const PICTURE = { prompt: 'fox', model: 'gpt-image-2', size: '1024x1024', quality: 'low' };
const ROUND_TIMEOUT_MS = 90_000;
const ENDED_TIMEOUT_MS = 30_000;

const kind = installationKind();

describe(`more requests than money on the ${kind} set`, () => {
  let vendor: OpenaiSimulator;
  let installation: Installation;
  let fleet: Fleet;

  beforeAll(async () => {
    vendor = await OpenaiSimulator.start({ delayMs: 200 });
    installation = await createInstallation(kind, {
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '0',
    });
    fleet = new Fleet(installation);
    await fleet.start(kind === 'large' ? ['all', 'all'] : ['all']);
  });

  afterAll(async () => {
    await fleet?.stop();
    await vendor?.stop();
    await installation?.drop();
  });

  it.for(proofRounds())(
    'round %i: exactly as many reach the vendor as are paid for',
    { timeout: ROUND_TIMEOUT_MS },
    async (round, { task }) => {
      const [first = ''] = fleet.addresses();
      vendor.reset();
      await grant(first, PAYABLE * PRICE_MICROS);
      const startedAtMs = performance.now();
      const statuses = await sendAll();
      const tookMs = Math.round(performance.now() - startedAtMs);
      await expect.poll(countOpen, { timeout: ENDED_TIMEOUT_MS }).toBe(0);
      const admitted = (statuses[201] ?? 0) + (statuses[202] ?? 0);
      expect({ admitted, refused: statuses[402] }).toEqual({
        admitted: PAYABLE,
        refused: REQUESTS - PAYABLE,
      });
      expect(vendor.callCount).toBe(PAYABLE);
      expect(new Set(vendor.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(
        PAYABLE,
      );
      expect(await readWallet(first)).toMatchObject({
        available_micros: 0,
        held_micros: 0,
        spent_micros: round * PAYABLE * PRICE_MICROS,
      });
      const row = {
        set: kind,
        round,
        ...toColumns(statuses),
        vendor_calls: vendor.callCount,
        took_ms: tookMs,
      };
      task.meta.proof = { name: '1,000 requests on 50 prices', row };
    },
  );

  it('leaves books in which everything adds up', async () => {
    await fleet.stop();
    const [faults, totals] = await installation.inspect(async (query) => [
      await findFaults(query, installation.mediaDir),
      await countTotals(query),
    ]);
    expect(faults).toEqual([]);
    expect(totals.generations).toBe(proofRounds().length * PAYABLE);
  });

  async function sendAll(): Promise<Record<number, number>> {
    const addresses = fleet.addresses();
    const replies = await Promise.all(
      Array.from({ length: REQUESTS }, (_, index) => {
        const address = addresses[index % addresses.length] ?? '';
        return generate(address, PICTURE, index % 4 < 2 ? 'respond-async' : undefined);
      }),
    );
    const statuses: Record<number, number> = {};
    for (const { status } of replies) statuses[status] = (statuses[status] ?? 0) + 1;
    return statuses;
  }

  async function countOpen(): Promise<number> {
    const [first = ''] = fleet.addresses();
    const lists = await Promise.all(
      ['queued', 'running'].map((status) => send(first, 'GET', `${GENERATIONS}?status=${status}`)),
    );
    return lists.flatMap(({ body }) => body.data).length;
  }
});
