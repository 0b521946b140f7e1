/** Proves that the price list is stored once however many processes start, and that old holds are charged by their own list. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SqlPricesRepository } from '../../src/billing/adapters/sql-prices.repository.js';
import { SqlPricingStateReader } from '../../src/billing/adapters/sql-pricing-state.reader.js';
import { TypeormPriceOverridesRepository } from '../../src/billing/adapters/typeorm-price-overrides.repository.js';
import type { PriceOverride } from '../../src/billing/domain/merge-prices.js';
import { hashPrices, toPrices } from '../../src/billing/domain/price-list.js';
import { PLAIN_TERMS } from '../../src/billing/domain/price-terms.js';
import { type PricedImageRequest, PriceBook } from '../../src/billing/price-book.js';
import { PriceEditions } from '../../src/billing/price-editions.js';
import { PricingState } from '../../src/billing/pricing-state.js';
import { PolledCacheEpoch } from '../../src/persistence/polled-cache-epoch.js';
import { TestLedger } from '../factories/ledger.factory.js';
import { StillClock } from '../fakes/still-clock.js';
import { StillEpoch } from '../fakes/still-epoch.js';
import { databaseKinds } from '../setup/services.js';

const PROCESSES = 5;

const REQUEST: PricedImageRequest = {
  provider: 'embedded',
  model: 'embedded-image',
  operation: 'generate',
  connection: 'env:embedded',
  n: 2,
  widthPx: 64,
  heightPx: 64,
  size: '64x64',
  quality: null,
  promptBytes: 12,
  inputImages: 0,
};

describe.each(databaseKinds())('the price book on %s', (kind) => {
  let ledger: TestLedger;
  let repository: SqlPricesRepository;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    repository = new SqlPricesRepository(ledger.sql);
  });

  afterAll(() => ledger.close());

  async function start(clock = new StillClock()): Promise<PriceBook> {
    const state = new PricingState(new SqlPricingStateReader(ledger.sql), new StillEpoch());
    const editions = new PriceEditions(repository, state, clock);
    await editions.onModuleInit();
    return new PriceBook(editions);
  }

  function set(...lines: object[]): Promise<void> {
    const base = { provider: 'embedded', model: 'embedded-image', unit: 'image', usd: '0.01' };
    const overrides = lines.map((line): PriceOverride => {
      const { effectiveAt, ...priced } = { ...base, effectiveAt: new Date(0), ...line };
      const [price] = toPrices([priced]);
      const connection = (line as { connection?: string }).connection ?? null;
      const made = { createdBy: newId(), createdAt: new Date(), note: null };
      return { id: newId(), price: { ...price!, connection }, effectiveAt, ...made };
    });
    return ledger.dataSource.transaction((manager) =>
      new TypeormPriceOverridesRepository(manager).add(overrides),
    );
  }

  afterEach(() => ledger.dataSource.query('DELETE FROM price_overrides'));

  it('stores one version when many processes start at once, and again none', async () => {
    const books = await Promise.all(Array.from({ length: PROCESSES }, start));
    const versions = (await Promise.all(books.map((book) => book.quote(REQUEST)))).map(
      ({ versionId }) => versionId,
    );
    expect(new Set(versions).size).toBe(1);
    await start();
    expect(await ledger.count('price_versions')).toBe(1);
    const { lines } = await books[0]!.list({}, { limit: 1_000, after: null });
    expect(await ledger.count('prices')).toBe(lines.length);
  });

  it('quotes and charges from memory', async () => {
    const book = await start();
    const quote = await book.quote(REQUEST);
    expect(quote).toMatchObject({ holdMicros: 2_000, unitMicros: 1_000, basis: 'pixels' });
    const charge = await book.charge({
      ...REQUEST,
      ...quote,
      delivered: 1,
      usage: null,
      quoted: quote,
    });
    expect(charge).toEqual({
      listMicros: 1_000,
      chargeMicros: 1_000,
      basis: 'images',
      isCut: false,
    });
  });

  it('charges by the list a call was quoted from, also when today’s is another', async () => {
    const book = await start();
    const old = toPrices([
      { provider: 'embedded', model: 'embedded-image', unit: 'image', usd: 0.007 },
    ]);
    const versionId = await repository.ensureVersion(hashPrices(old), old);
    const quoted = { listMicros: 14_000, unitMicros: 7_000 };
    const asked = { ...REQUEST, versionId, delivered: 2, usage: null, quoted };
    expect((await book.charge(asked)).chargeMicros).toBe(14_000);
    await expect(book.charge({ ...asked, versionId: newId() })).rejects.toThrow(
      'no such price version',
    );
  });

  it('charges a dated snapshot and a prefixed name like their model', async () => {
    const book = await start();
    const image = { ...REQUEST, provider: 'openai', widthPx: 1024, heightPx: 1024, quality: 'low' };
    for (const model of ['gpt-image-2', 'gpt-image-2-2026-04-21', 'openai/gpt-image-2']) {
      expect((await book.quote({ ...image, model })).unitMicros).toBe(5_880);
    }
  });

  it('refuses what has no price, and says so', async () => {
    const book = await start();
    for (const model of ['gpt-image-99', 'gpt-image-2-mini', '']) {
      await expect(book.quote({ ...REQUEST, provider: 'openai', model })).rejects.toThrow(
        expect.objectContaining({ code: 'billing.no_price' }),
      );
    }
  });

  it('pages through its lines', async () => {
    const book = await start();
    const filter = { provider: 'openai', model: 'gpt-image-2' };
    const { lines: all } = await book.list(filter, { limit: 100, after: null });
    const { lines: first } = await book.list(filter, { limit: 3, after: null });
    expect(first).toHaveLength(4);
    const { lines: rest } = await book.list(filter, { limit: 100, after: String(first[2]!.line) });
    expect([...first.slice(0, 3), ...rest]).toEqual(all);
    await expect(book.list({}, { limit: 1, after: 'x' })).rejects.toThrow('cursor');
  });

  describe('with prices of operators', () => {
    it('takes theirs instead of the built-in lines, and takes those again afterwards', async () => {
      const book = await start();
      const before = await book.quote(REQUEST);
      await set({});
      const dearer = await start();
      const quote = await dearer.quote(REQUEST);
      expect(quote).toMatchObject({ holdMicros: 20_000, unitMicros: 10_000, basis: 'flat' });
      expect(quote.versionId).not.toBe(before.versionId);
      const old = { ...REQUEST, versionId: before.versionId, delivered: 2, usage: null };
      expect((await dearer.charge({ ...old, quoted: before })).chargeMicros).toBe(2_000);
      await ledger.dataSource.query('DELETE FROM price_overrides');
      expect((await (await start()).quote(REQUEST)).versionId).toBe(before.versionId);
    });

    it('prefers the connection’s own, then the operation’s own', async () => {
      await set(
        {},
        { operation: 'edit', usd: '0.02' },
        { connection: 'own', usd: '0.03' },
        { connection: 'own', operation: 'edit', usd: '0.04' },
      );
      const book = await start();
      const unit = async (more: object) => (await book.quote({ ...REQUEST, ...more })).unitMicros;
      expect(await unit({})).toBe(10_000);
      expect(await unit({ operation: 'edit' })).toBe(20_000);
      expect(await unit({ connection: 'own' })).toBe(30_000);
      expect(await unit({ connection: 'own', operation: 'edit' })).toBe(40_000);
      expect(await unit({ connection: null })).toBe(10_000);
    });

    it('charges a hold by the line of its connection and operation after a restart', async () => {
      await set({ connection: 'own', operation: 'edit', usd: '0.04' });
      const asked = { ...REQUEST, connection: 'own', operation: 'edit' };
      const quoted = await (await start()).quote(asked);
      await ledger.dataSource.query('DELETE FROM price_overrides');
      const restarted = await start();
      const call = { ...asked, versionId: quoted.versionId, delivered: 1, usage: null, quoted };
      expect((await restarted.charge(call)).chargeMicros).toBe(40_000);
    });

    it('reaches every process within a second or so, whoever set it', async () => {
      const processes = await Promise.all(
        [0, 1].map(async () => {
          const epoch = new PolledCacheEpoch(ledger.dataSource);
          await epoch.onModuleInit();
          const state = new PricingState(new SqlPricingStateReader(ledger.sql), epoch);
          const book = new PriceBook(new PriceEditions(repository, state, new StillClock()));
          return { epoch, book };
        }),
      );
      const quoteAll = async () =>
        (await Promise.all(processes.map(({ book }) => book.quote(REQUEST)))).map(
          ({ unitMicros }) => unitMicros,
        );
      expect(await quoteAll()).toEqual([1_000, 1_000]);
      await set({});
      await ledger.dataSource.query('SELECT cache_epoch_bump()');
      await expect.poll(quoteAll, { timeout: 30_000, interval: 50 }).toEqual([10_000, 10_000]);
      await Promise.all(processes.map(({ epoch }) => epoch.beforeApplicationShutdown()));
    });

    it('prices a picture by size and quality, and by its area', async () => {
      await set(
        { provider: 'a', model: 'm' },
        { provider: 'a', model: 'm', size: '64x64', usd: '0.02' },
        { provider: 'a', model: 'm', size: '64x64', quality: 'high', usd: '0.03' },
        { provider: 'a', model: 'by-area', unit: 'megapixel', usd: '0.003' },
      );
      const book = await start();
      const unit = async (more: object) =>
        (await book.quote({ ...REQUEST, provider: 'a', model: 'm', ...more })).unitMicros;
      expect(await unit({ quality: 'low', widthPx: 65 })).toBe(10_000);
      expect(await unit({ quality: 'low' })).toBe(20_000);
      expect(await unit({ quality: 'high' })).toBe(30_000);
      expect(await unit({})).toBe(30_000);
      // 1,000 × 1,001 pixels × 0.003 micros, rounded up.
      expect(await unit({ model: 'by-area', widthPx: 1_000, heightPx: 1_001 })).toBe(3_003);
      expect(await unit({ model: 'by-area', widthPx: null, heightPx: null })).toBe(4_719);
    });

    it('begins an announced price on its day, and lets the later one count', async () => {
      const clock = new StillClock();
      const day = new Date(+clock.now() + 1_000);
      await set({ usd: '0.05' }, { usd: '0.06', effectiveAt: day });
      const book = await start(clock);
      expect((await book.quote(REQUEST)).unitMicros).toBe(50_000);
      clock.move(1_000);
      expect((await book.quote(REQUEST)).unitMicros).toBe(60_000);
    });

    it('asks on the caller’s own credential also what nobody has a price for', async () => {
      const book = await start();
      const terms = { ...PLAIN_TERMS, tier: 'byok', funding: 'none' } as const;
      const unknown = { ...REQUEST, provider: 'openai', model: 'gpt-image-99' };
      expect(await book.quote({ ...unknown, terms })).toMatchObject({
        holdMicros: 0,
        listMicros: 0,
      });
      const known = await book.quote({ ...REQUEST, terms });
      expect(known).toMatchObject({ holdMicros: 0, listMicros: 2_000 });
      const call = { ...REQUEST, versionId: known.versionId, delivered: 2, usage: null, terms };
      expect(await book.charge({ ...call, quoted: known })).toMatchObject({
        listMicros: 2_000,
        chargeMicros: 0,
      });
    });
  });
});
