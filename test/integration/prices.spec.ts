/** Proves that the price list is stored once however many processes start, and that old holds are charged by their own list. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SqlPricesRepository } from '../../src/billing/adapters/sql-prices.repository.js';
import { hashPrices, toPrices } from '../../src/billing/domain/price-list.js';
import { type PricedImageRequest, PriceBook } from '../../src/billing/price-book.js';
import { TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const PROCESSES = 5;

const REQUEST: PricedImageRequest = {
  provider: 'embedded',
  model: 'embedded-image',
  operation: 'generate',
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

  async function start(): Promise<PriceBook> {
    const book = new PriceBook(repository);
    await book.onModuleInit();
    return book;
  }

  it('stores one version when many processes start at once, and again none', async () => {
    const books = await Promise.all(Array.from({ length: PROCESSES }, start));
    const versions = books.map((book) => book.quote(REQUEST).versionId);
    expect(new Set(versions).size).toBe(1);
    await start();
    expect(await ledger.count('price_versions')).toBe(1);
    const { lines } = books[0]!.list({}, { limit: 1_000, after: null });
    expect(await ledger.count('prices')).toBe(lines.length);
  });

  it('quotes and charges from memory', async () => {
    const book = await start();
    const quote = book.quote(REQUEST);
    expect(quote).toMatchObject({ holdMicros: 2_000, unitMicros: 1_000, basis: 'pixels' });
    const charge = await book.charge({
      ...REQUEST,
      ...quote,
      delivered: 1,
      usage: null,
      quoted: quote,
    });
    expect(charge).toEqual({ chargeMicros: 1_000, basis: 'images', isCut: false });
  });

  it('charges by the list a call was quoted from, also when today’s is another', async () => {
    const book = await start();
    const old = toPrices([
      { provider: 'embedded', model: 'embedded-image', unit: 'image', usd: 0.007 },
    ]);
    const versionId = await repository.ensureVersion(hashPrices(old), old);
    const quoted = { holdMicros: 14_000, unitMicros: 7_000 };
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
      expect(book.quote({ ...image, model }).unitMicros).toBe(5_880);
    }
  });

  it('refuses what has no price, and says so', async () => {
    const book = await start();
    for (const model of ['gpt-image-99', 'gpt-image-2-mini', '']) {
      expect(() => book.quote({ ...REQUEST, provider: 'openai', model })).toThrow(
        expect.objectContaining({ code: 'billing.no_price' }),
      );
    }
  });

  it('pages through its lines', async () => {
    const book = await start();
    const filter = { provider: 'openai', model: 'gpt-image-2' };
    const all = book.list(filter, { limit: 100, after: null }).lines;
    const first = book.list(filter, { limit: 3, after: null }).lines;
    expect(first).toHaveLength(4);
    const rest = book.list(filter, { limit: 100, after: String(first[2]!.line) }).lines;
    expect([...first.slice(0, 3), ...rest]).toEqual(all);
    expect(() => book.list({}, { limit: 1, after: 'x' })).toThrow('cursor');
  });
});
