/** Proves that calls by token are priced by the list of their quote, on their terms, and cheaply enough for the hot path. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SqlPricesRepository } from '../../src/billing/adapters/sql-prices.repository.js';
import { SqlPricingStateReader } from '../../src/billing/adapters/sql-pricing-state.reader.js';
import { TypeormPriceOverridesRepository } from '../../src/billing/adapters/typeorm-price-overrides.repository.js';
import { toPrices } from '../../src/billing/domain/price-list.js';
import { PLAIN_TERMS, type Terms } from '../../src/billing/domain/price-terms.js';
import { PriceEditions } from '../../src/billing/price-editions.js';
import { PricingState } from '../../src/billing/pricing-state.js';
import { TokenPrices, type TokenQuoteRequest } from '../../src/billing/token-prices.js';
import { TestLedger } from '../factories/ledger.factory.js';
import { StillClock } from '../fakes/still-clock.js';
import { StillEpoch } from '../fakes/still-epoch.js';
import { databaseKinds } from '../setup/services.js';

const REQUEST: TokenQuoteRequest = {
  provider: 'embedded',
  model: 'embedded-chat',
  operation: 'chat',
  connection: 'env:embedded',
  inputTokens: 1_000,
  outputTokensMax: 500,
};
const USAGE = {
  inputTokens: 900,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  outputTokens: 100,
};
const BYOK: Terms = { ...PLAIN_TERMS, tier: 'byok', funding: 'none' };

describe.each(databaseKinds())('prices of tokens on %s', (kind) => {
  let ledger: TestLedger;
  let repository: SqlPricesRepository;
  let prices: TokenPrices;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    repository = new SqlPricesRepository(ledger.sql);
    prices = start();
  });

  afterAll(() => ledger.close());
  afterEach(() => ledger.dataSource.query('DELETE FROM price_overrides'));

  function start(): TokenPrices {
    const state = new PricingState(new SqlPricingStateReader(ledger.sql), new StillEpoch());
    return new TokenPrices(new PriceEditions(repository, state, new StillClock()));
  }

  async function set(usd: string, connection: string | null = null): Promise<void> {
    const lines = toPrices([
      { provider: 'embedded', model: 'embedded-chat', unit: '1M_output_tokens', usd },
    ]);
    await ledger.dataSource.transaction((manager) =>
      new TypeormPriceOverridesRepository(manager).add(
        lines.map((price) => ({
          id: newId(),
          price: { ...price, connection },
          effectiveAt: new Date(0),
          createdBy: newId(),
          createdAt: new Date(),
          note: null,
        })),
      ),
    );
  }

  it('quotes and charges', async () => {
    const quote = await prices.quote(REQUEST);
    expect(quote).toMatchObject({ holdMicros: 300, listMicros: 300, terms: PLAIN_TERMS });
    const charge = await prices.charge({ ...REQUEST, ...quote, usage: USAGE, held: REQUEST });
    expect(charge).toEqual({ listMicros: 130, chargeMicros: 130, isCut: false });
  });

  it('cuts and flags what cannot be', async () => {
    const { versionId } = await prices.quote(REQUEST);
    const usage = { ...USAGE, outputTokens: 1_000_000 };
    const charge = await prices.charge({ ...REQUEST, versionId, usage, held: REQUEST });
    // 900 × 0.1 + (4 × 500 + 2,048) × 0.4
    expect(charge).toEqual({ listMicros: 1_710, chargeMicros: 1_710, isCut: true });
  });

  it('multiplies by the terms, and moves no money where none is owed', async () => {
    const cases: [Partial<Terms>, number, number][] = [
      [{ multiplierBp: 15_000 }, 450, 195],
      [{ tier: 'subscription', funding: 'subscription' }, 300, 130],
      [{ tier: 'free', funding: 'none', multiplierBp: 0 }, 0, 0],
      [BYOK, 0, 0],
    ];
    for (const [changed, holdMicros, chargeMicros] of cases) {
      const terms = { ...PLAIN_TERMS, ...changed };
      const quote = await prices.quote({ ...REQUEST, terms });
      expect(quote).toMatchObject({ holdMicros, listMicros: 300, terms });
      const charge = await prices.charge({ ...REQUEST, ...quote, usage: USAGE, held: REQUEST });
      expect(charge).toEqual({ listMicros: 130, chargeMicros, isCut: false });
    }
  });

  it('refuses what has no price, but on a credential of the caller’s own', async () => {
    const unknown = { ...REQUEST, model: 'never-heard-of' };
    await expect(prices.quote(unknown)).rejects.toMatchObject({
      code: 'billing.no_price',
      message: expect.stringContaining('input and output tokens of never-heard-of of embedded'),
    });
    await expect(
      prices.quote({ ...unknown, terms: { ...PLAIN_TERMS, tier: 'free', funding: 'none' } }),
    ).rejects.toMatchObject({ code: 'billing.no_price' });
    const quote = await prices.quote({ ...unknown, terms: BYOK });
    expect(quote).toMatchObject({ holdMicros: 0, listMicros: 0 });
    const charge = await prices.charge({ ...unknown, ...quote, usage: USAGE, held: REQUEST });
    expect(charge).toEqual({ listMicros: 0, chargeMicros: 0, isCut: false });
  });

  it.each([
    ['openai', 'gpt-5.4', 2_500 + 7_500],
    ['openai', 'gpt-5.4-2026-03-05', 2_500 + 7_500],
    ['openai', 'openai/gpt-5.4-20260305', 2_500 + 7_500],
    ['gemini', 'gemini-2.5-pro', 1_250 + 5_000],
  ])('knows what %s asks for %s', async (provider, model, micros) => {
    const { listMicros } = await prices.quote({ ...REQUEST, provider, model });
    expect(listMicros).toBe(micros);
  });

  it('prices a top-up and the charge by the list of the quote, whatever was set since', async () => {
    const quoting = start();
    const { versionId } = await quoting.quote(REQUEST);
    await set('4');
    const later = start();
    expect((await later.quote(REQUEST)).holdMicros).toBe(2_100);
    const raised = { ...REQUEST, outputTokensMax: 1_000, versionId };
    expect(await later.quote(raised)).toMatchObject({ holdMicros: 500, versionId });
    const charge = await later.charge({ ...REQUEST, versionId, usage: USAGE, held: raised });
    expect(charge.chargeMicros).toBe(130);
  });

  it('takes the price of a connection before that of all', async () => {
    await set('4', 'env:special');
    const fresh = start();
    expect((await fresh.quote(REQUEST)).holdMicros).toBe(300);
    const special = await fresh.quote({ ...REQUEST, connection: 'env:special' });
    expect(special.holdMicros).toBe(2_100);
  });

  it('answers from memory: ten thousand quotes and charges in seconds', async () => {
    const { versionId } = await prices.quote(REQUEST);
    const startedMs = performance.now();
    for (let count = 0; count < 10_000; count += 1) {
      await prices.quote(REQUEST);
      await prices.charge({ ...REQUEST, versionId, usage: USAGE, held: REQUEST });
    }
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
});
