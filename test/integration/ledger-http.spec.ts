/** Proves the billing routes: who sees which wallet, statement, usage and prices, and who may put money in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingModule } from '../../src/billing/billing.module.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { makeHold, makeSettle, makeUsage } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const WALLETS = '/api/v1/billing/wallets';
const USAGE = '/api/v1/billing/usage';
const FIRST_CREDIT_MICROS = 1_234;

interface WalletBody {
  id: string;
  available_micros: number;
  status: string;
}

describe.each(databaseKinds())('billing over HTTP on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let stranger: TestUser;
  let spaceId: string;
  let walletId: string;

  beforeAll(async () => {
    const settings = { BOOTSTRAP_CREDIT_MICROS: String(FIRST_CREDIT_MICROS) };
    identity = await TestIdentity.open(kind, settings, undefined, [BillingModule]);
    operator = await identity.operator();
    owner = await identity.user(operator);
    stranger = await identity.user(operator);
    spaceId = await identity.space(owner);
    walletId = (await walletOf(spaceId, owner.access)).id;
  });

  afterAll(() => identity.close());

  async function walletOf(searchSpaceId: string, as: string): Promise<WalletBody> {
    const url = `${WALLETS}?search_space_id=${searchSpaceId}`;
    const { data } = await identity.expect(200, 'GET', url, { as });
    return (data as WalletBody[])[0]!;
  }

  function grant(status: number, as: string, body: object, id = walletId) {
    return identity.expect(status, 'POST', `${WALLETS}/${id}/grants`, { as, body });
  }

  it('gives the first space its money, and every other space an empty wallet', async () => {
    const notice = identity.notices[0]!;
    expect(await walletOf(notice.searchSpaceId, operator.access)).toMatchObject({
      available_micros: FIRST_CREDIT_MICROS,
      held_micros: 0,
      spent_micros: 0,
      status: 'warning',
    });
    expect(await walletOf(spaceId, owner.access)).toMatchObject({
      search_space_id: spaceId,
      available_micros: 0,
      status: 'blocked',
    });
  });

  it('lets an operator put money in, once a transaction id', async () => {
    const body = { amount_micros: 2_000_000, reason: 'Budget of March', transaction_id: newId() };
    expect(await grant(201, operator.access, body)).toMatchObject({
      transaction_id: body.transaction_id,
      replayed: false,
      wallet: { id: walletId, available_micros: 2_000_000, status: 'ok' },
    });
    expect(await grant(201, operator.access, body)).toMatchObject({
      replayed: true,
      wallet: { available_micros: 2_000_000 },
    });
    expect(await grant(409, operator.access, { ...body, amount_micros: 1 })).toMatchObject({
      code: 'request.conflict',
    });
  });

  it('takes money from nobody else', async () => {
    const body = { amount_micros: 1, reason: 'mine' };
    const { key } = await identity.key(owner, spaceId);
    for (const as of [owner.access, stranger.access, key]) await grant(403, as, body);
    const { code } = await identity.expect(401, 'POST', `${WALLETS}/${walletId}/grants`, { body });
    expect(code).toBe('auth.credentials_missing');
  });

  it.each([
    ['amount_micros', { amount_micros: 0 }],
    ['amount_micros', { amount_micros: -1 }],
    ['amount_micros', { amount_micros: 1.5 }],
    ['amount_micros', { amount_micros: '5' }],
    ['amount_micros', { amount_micros: 1_000_000_000_001 }],
    ['reason', { reason: '' }],
    ['reason', { reason: 'two\nlines' }],
    ['transaction_id', { transaction_id: 'b3c7a8de-3f36-4c2e-8ed0-7b1d0f0a9f5e' }],
    ['currency', { currency: 'EUR' }],
  ])('names %s when it is wrong', async (field, wrong) => {
    const body = { amount_micros: 1, reason: 'a reason', ...wrong };
    const { errors } = await grant(400, operator.access, body);
    expect((errors as { field: string }[]).map((fault) => fault.field)).toContain(field);
  });

  it('answers the same for a wallet that is missing, foreign or no id', async () => {
    const ledgerOf = (id: string) =>
      identity.expect(404, 'GET', `${WALLETS}/${id}/ledger`, { as: stranger.access });
    const details = [];
    for (const id of [walletId, newId(), 'nonsense']) details.push((await ledgerOf(id)).detail);
    expect(new Set(details).size).toBe(1);
    await grant(404, operator.access, { amount_micros: 1, reason: 'lost' }, newId());
    const url = `${WALLETS}?search_space_id=${spaceId}`;
    await identity.expect(404, 'GET', url, { as: stranger.access });
  });

  it('shows the statement and the usage, page by page, to a session and to a key', async () => {
    const writer = identity.app.get(SettlementWriter);
    for (let index = 0; index < 3; index += 1) {
      const hold = makeHold(walletId, 1_000);
      await writer.admit({ hold });
      const usage = makeUsage(spaceId, { list_cost_micros: 900 });
      await writer.conclude({ settle: makeSettle(hold.id, 'post', 900), usage });
    }
    const { key } = await identity.key(owner, spaceId);
    for (const as of [owner.access, key]) {
      const kinds = await readAll(`${WALLETS}/${walletId}/ledger?`, as, 'kind');
      expect(kinds).toEqual(['post', 'hold', 'post', 'hold', 'post', 'hold', 'grant']);
      const charged = await readAll(`${USAGE}?search_space_id=${spaceId}&`, as, 'charged_micros');
      expect(charged).toEqual([900, 900, 900]);
    }
    // A key speaks of its own space without naming it.
    const own = await identity.expect(200, 'GET', WALLETS, { as: key });
    expect(own.data).toMatchObject([{ id: walletId, spent_micros: 2_700 }]);
  });

  /** Two rows a page, so that the cursor has something to do. */
  async function readAll(url: string, as: string, field: string): Promise<unknown[]> {
    const values: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: string = `${url}limit=2${cursor && `&cursor=${cursor}`}`;
      const body = await identity.expect(200, 'GET', page, { as });
      values.push(...(body.data as Record<string, unknown>[]).map((row) => row[field]));
      cursor = body.next_cursor as string | null;
    }
    return values;
  }

  it('keeps a key without billing.read away from the books', async () => {
    const { key } = await identity.key(owner, spaceId, { scopes: ['images.generate'] });
    const { code } = await identity.expect(403, 'GET', WALLETS, { as: key });
    expect(code).toBe('auth.scope_missing');
  });

  it('wants to know which space is meant, and a cursor of its own making', async () => {
    const missing = await identity.expect(400, 'GET', USAGE, { as: owner.access });
    expect(missing.errors).toMatchObject([{ field: 'search_space_id' }]);
    const url = `${USAGE}?search_space_id=${spaceId}&cursor=bm90LWFuLWlk`;
    const foreign = await identity.expect(400, 'GET', url, { as: owner.access });
    expect(foreign.errors).toMatchObject([{ field: 'cursor' }]);
  });

  it('lists what things cost to anybody who is logged in', async () => {
    const url = '/api/v1/billing/prices?provider=embedded&model=embedded-image';
    const { data } = await identity.expect(200, 'GET', url, { as: stranger.access });
    const prices = data as { pixels_max: number | null; micros_per_million: number }[];
    expect(prices.map((price) => [price.pixels_max, price.micros_per_million])).toEqual([
      [1_048_576, 1_000_000_000],
      [4_194_304, 1_500_000_000],
      [null, 2_000_000_000],
    ]);
    await identity.expect(401, 'GET', url);
  });
});
