/** Proves the billing routes: who sees which wallet, statement, usage and prices, and who may move money. */
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
  search_space_id: string;
  available_micros: number;
  held_micros: number;
  spent_micros: number;
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

  it('grants with terms, lists what remains, moves and corrects it, and says so in the trail', async () => {
    const otherSpace = await identity.space(owner);
    const other = await walletOf(otherSpace, owner.access);
    const from = await walletOf(await identity.space(owner), owner.access);
    const expiresAt = '2099-12-31T00:00:00.000Z';
    const terms = { kind: 'promotional', priority: 7, expires_at: expiresAt };
    await grant(201, operator.access, { amount_micros: 50, reason: 'Trial', ...terms }, from.id);
    const { key } = await identity.key(owner, from.search_space_id);
    const grants = `${WALLETS}/${from.id}/grants`;
    const { data } = await identity.expect(200, 'GET', grants, { as: key });
    expect(data).toMatchObject([{ ...terms, remaining_micros: 50, state: 'active' }]);
    await identity.expect(404, 'GET', grants, { as: stranger.access });

    const transfers = `${WALLETS}/${from.id}/transfers`;
    const move = { to_wallet_id: other.id, amount_micros: 20, reason: 'Shared' };
    await identity.expect(403, 'POST', transfers, { as: owner.access, body: move });
    const moved = { as: operator.access, body: { ...move, transaction_id: newId() } };
    expect(await identity.expect(201, 'POST', transfers, moved)).toMatchObject({
      replayed: false,
      wallet: { id: from.id, available_micros: 30 },
    });
    expect(await identity.expect(201, 'POST', transfers, moved)).toMatchObject({ replayed: true });
    const itself = { as: operator.access, body: { ...move, to_wallet_id: from.id.toUpperCase() } };
    expect((await identity.expect(400, 'POST', transfers, itself)).errors).toMatchObject([
      { field: 'to_wallet_id' },
    ]);
    const tooMuch = { as: operator.access, body: { ...move, amount_micros: 31 } };
    expect(await identity.expect(409, 'POST', transfers, tooMuch)).toMatchObject({
      remaining_micros: 30,
    });
    const same = { as: operator.access, body: { ...move, to_wallet_id: from.id } };
    await identity.expect(400, 'POST', transfers, same);

    const adjustments = `${WALLETS}/${other.id}/adjustments`;
    const correction = {
      amount_micros: -5,
      reason: 'Too much',
      corrects_transaction_id: moved.body.transaction_id,
    };
    const adjusted = { as: operator.access, body: correction };
    expect(await identity.expect(201, 'POST', adjustments, adjusted)).toMatchObject({
      wallet: { available_micros: 15 },
    });
    const missing = {
      as: operator.access,
      body: { ...correction, corrects_transaction_id: newId() },
    };
    const { errors } = await identity.expect(400, 'POST', adjustments, missing);
    expect(errors).toMatchObject([{ field: 'corrects_transaction_id' }]);
    const ledger = await identity.expect(200, 'GET', `${WALLETS}/${other.id}/ledger`, {
      as: owner.access,
    });
    expect(ledger.data).toMatchObject([
      { kind: 'adjust', corrects_transaction_id: moved.body.transaction_id },
      { kind: 'transfer' },
    ]);
    for (const space of [from.search_space_id, otherSpace]) {
      const url = `/api/v1/audit-events?action=wallet.transferred&search_space_id=${space}`;
      const trail = await identity.expect(200, 'GET', url, { as: operator.access });
      expect(trail.data).toMatchObject([{ after: { to_wallet_id: other.id, amount_micros: 20 } }]);
    }
  });

  it.each([
    ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
    ['expires_at', { effective_at: '2099-01-02T00:00:00Z', expires_at: '2099-01-01T00:00:00Z' }],
    ['expires_at', { expires_at: '2099-01-01' }],
    ['expires_at', { expires_at: '2099-W01-1T00:00:00Z' }],
    ['effective_at', { effective_at: '0000-01-01T00:00:00Z' }],
    ['priority', { priority: 1_001 }],
    ['kind', { kind: 'transfer' }],
    ['transaction_id', { transaction_id: 'ffffffff-ffff-7fff-8fff-ffffffffffff' }],
  ])('refuses a grant whose %s makes no sense', async (field, wrong) => {
    const body = { amount_micros: 1, reason: 'a reason', ...wrong };
    const { errors } = await grant(400, operator.access, body);
    expect((errors as { field: string }[]).map((fault) => fault.field)).toContain(field);
  });

  it('lets operators allow an overdraft, and shows it', async () => {
    const url = `${WALLETS}/${walletId}`;
    const body = { overdraft_micros: 700 };
    await identity.expect(403, 'PATCH', url, { as: owner.access, body });
    await identity.expect(200, 'PATCH', url, { as: operator.access, body });
    expect(await walletOf(spaceId, owner.access)).toMatchObject(body);
    const missing = `${WALLETS}/${newId()}`;
    await identity.expect(404, 'PATCH', missing, { as: operator.access, body });
  });

  it('reads a statement as pages and as a table', async () => {
    const url = `${WALLETS}/${walletId}/statement`;
    const [available, , spent] = Object.values(await balancesOf());
    const page = await identity.expect(200, 'GET', `${url}?limit=1`, { as: owner.access });
    expect(page).toMatchObject({
      wallet_id: walletId,
      opening_balance_micros: 0,
      closing_balance_micros: available,
      totals: [
        { kind: 'grant', amount_micros: available! + spent! },
        { kind: 'post', amount_micros: -spent! },
      ],
      data: [{ kind: 'grant' }],
    });
    const kinds = await readAll(`${url}?`, owner.access, 'kind');
    expect(kinds).toEqual(['grant', 'post', 'post', 'post']);
    const { key } = await identity.key(owner, spaceId);
    const tables = await Promise.all([
      download(`${url}?format=csv`, { authorization: `Bearer ${key}` }),
      download(url, { authorization: `Bearer ${key}`, accept: 'text/csv' }),
    ]);
    expect(tables[0]).toEqual(tables[1]);
    expect(tables[0].type).toContain('text/csv');
    const [header, ...rows] = tables[0].text.trim().split('\n');
    expect(header).toMatch(/^id,created_at,kind,amount_micros,generation_id,/);
    expect(rows.map((row) => row.split(',')[3])).toEqual(['2000000', '-900', '-900', '-900']);
    await identity.expect(404, 'GET', url, { as: stranger.access });
    const long = await identity.expect(400, 'GET', `${url}?from=2020-01-01`, { as: owner.access });
    expect(long.errors).toMatchObject([{ field: 'from' }]);
  });

  async function download(url: string, headers: Record<string, string>) {
    const { body: text, headers: sent } = await identity.app.inject({
      method: 'GET',
      url,
      headers,
    });
    return { text, type: sent['content-type'] };
  }

  async function balancesOf() {
    const wallet = await walletOf(spaceId, owner.access);
    const { available_micros: available, held_micros: held, spent_micros: spent } = wallet;
    return { available, held, spent };
  }

  it('proves the books when it is asked, for operators', async () => {
    const url = '/api/v1/billing/proof';
    await identity.expect(404, 'GET', url, { as: operator.access });
    const proof = await identity.expect(200, 'POST', url, { as: operator.access });
    expect(proof).toMatchObject({ ok: true, differences: [] });
    expect(await identity.expect(200, 'GET', url, { as: operator.access })).toEqual(proof);
    await identity.expect(403, 'GET', url, { as: owner.access });
  });

  it('lists what a person must look at, and takes their word once', async () => {
    const writer = identity.app.get(SettlementWriter);
    const [hold, attemptId] = [makeHold(walletId, 1_000), newId()];
    await writer.admit({ hold });
    const review = { review: 'interrupted', attempt_id: attemptId };
    await writer.conclude({ settle: makeSettle(hold.id, 'void', undefined, review) });
    const url = '/api/v1/billing/reconciliation';
    const open = await identity.expect(200, 'GET', `${url}?limit=1`, { as: operator.access });
    const [item] = open.data as { id: string }[];
    expect(item).toMatchObject({
      reason: 'interrupted',
      hold_id: hold.id,
      attempt_id: attemptId,
      generation_id: hold.reference,
      search_space_id: spaceId,
      resolved_at: null,
    });
    const note = { as: operator.access, body: { note: 'The vendor did not bill it' } };
    const resolve = `${url}/${item!.id}/resolve`;
    expect(await identity.expect(200, 'POST', resolve, note)).toMatchObject(note.body);
    await identity.expect(409, 'POST', resolve, note);
    await identity.expect(404, 'POST', `${url}/${newId()}/resolve`, note);
    const resolved = await identity.expect(200, 'GET', `${url}?state=resolved`, {
      as: operator.access,
    });
    expect(resolved.data).toMatchObject([{ id: item!.id, note: note.body.note }]);
    const trail = await identity.expect(
      200,
      'GET',
      '/api/v1/audit-events?action=reconciliation.resolved',
      { as: operator.access },
    );
    expect(trail.data).toMatchObject([{ search_space_id: spaceId, after: note.body }]);
  });
});
