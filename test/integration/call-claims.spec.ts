/** Proves which calls keep their Idempotency-Key: what runs or was paid does; what cost nothing, or was killed, gives it up. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { WalletsService } from '../../src/billing/wallets.service.js';
import { newId } from '../../src/common/ids.js';
import { GenerationsReconciler } from '../../src/generations/generations.reconciler.js';
import { ConcludeCallService } from '../../src/inference/conclude-call.service.js';
import { CallClaims } from '../../src/inference/repeats/call-claims.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { makeHold, makeSettle } from '../factories/ledger.factory.js';
import { startApplication, type TestApplication } from '../setup/application.js';

const messages = [{ role: 'user', content: 'Hello' }];
const ROUTES: [path: string, body: object][] = [
  ['/v1/chat/completions', { model: 'embedded-chat', messages }],
  ['/v1/embeddings', { model: 'embedded-embedding', input: 'a lighthouse' }],
];

let atelier: TestApplication;
let walletId: string;

beforeAll(async () => {
  // Only what the test asks for is reconciled.
  atelier = await startApplication({ RECONCILE_EVERY_S: '3600' });
  const wallets = atelier.app.get(WalletsService, { strict: false });
  walletId = (await wallets.findBySpace(atelier.spaceId))!.id;
});
afterAll(() => atelier.stop());
afterEach(() => vi.restoreAllMocks());

const query = <R extends object>(name: string, text: string, values: unknown[] = []) =>
  atelier.app.get(Sql, { strict: false }).query<R>(name, text, values);

async function lapse(): Promise<void> {
  await query('test_lapse', `UPDATE holds SET expires_at = now() - interval '1 s'`);
  await atelier.app.get(GenerationsReconciler, { strict: false }).reconcile();
}

describe.each(ROUTES)('a call whose process was killed, at %s', (path, body) => {
  const ask = async (key: string) => {
    const headers = { ...atelier.key, 'idempotency-key': key };
    const answer = await atelier.call('POST', path, body, headers);
    return { ...answer, isReplay: answer.headers.get('idempotency-replayed') === 'true' };
  };
  const balances = async () => {
    const { body: wallets } = await atelier.call('GET', '/api/v1/billing/wallets');
    const [{ available_micros, held_micros }] = wallets.data;
    return { available_micros, held_micros };
  };

  it('holds its key until its hold expires, and then it is made and paid once', async () => {
    const key = newId();
    const before = await balances();
    const conclusions = atelier.app.get(ConcludeCallService, { strict: false });
    // All that a process does before its end, whose last step it did not live to see.
    vi.spyOn(conclusions, 'conclude').mockResolvedValueOnce();
    await ask(key);
    expect((await balances()).held_micros).toBeGreaterThan(0);
    const early = await ask(key);
    expect(early.status).toBe(409);
    expect(early.body.error.code).toBe('idempotency.in_progress');
    await lapse();
    expect(await balances()).toEqual(before);
    const anew = await ask(key);
    expect(anew).toMatchObject({ status: 200, isReplay: false });
    const paid = await balances();
    expect(paid.available_micros).toBeLessThan(before.available_micros);
    expect(await ask(key)).toMatchObject({ status: 200, isReplay: true, body: anew.body });
    expect(await balances()).toEqual(paid);
  });
});

describe('the key of a call', () => {
  const find = (holdId: string) => atelier.app.get(CallClaims, { strict: false }).find(holdId);
  const isHeld = async (holdId: string) => {
    await atelier.app.get(CallClaims, { strict: false }).release(holdId);
    const text = 'SELECT key FROM idempotency_keys WHERE generation_id = $1';
    return (await query('test_keys', text, [holdId])).length === 1;
  };

  /** @param amountMicros 0, as where a connection of the caller's own pays */
  async function claim(amountMicros = 100): Promise<string> {
    const hold = makeHold(walletId, amountMicros);
    await atelier.app.get(SettlementWriter, { strict: false }).admit({
      hold: { ...hold, funding: amountMicros === 0 ? 'none' : 'wallet' },
      claim: {
        caller_id: newId(),
        route: 'POST /test',
        key: 'k',
        fingerprint: 'f',
        generation_id: hold.id,
        ttl_s: 3_600,
      },
    });
    return hold.id;
  }
  const settle = (holdId: string, action: 'post' | 'void', amountMicros?: number) =>
    atelier.app
      .get(SettlementWriter, { strict: false })
      .conclude({ settle: makeSettle(holdId, action, amountMicros) });

  it.each([100, 0])('is kept while a call runs that holds %i micros', async (amountMicros) => {
    const holdId = await claim(amountMicros);
    expect(await find(holdId)).toEqual({ state: 'running', concludedAgoMs: 0 });
    expect(await isHeld(holdId)).toBe(true);
  });

  it.each([100, 0])('is kept by a call that was concluded for %i micros', async (amountMicros) => {
    const holdId = await claim(amountMicros);
    await settle(holdId, 'post', amountMicros);
    const earlier = `UPDATE holds SET concluded_at = concluded_at - interval '5 s' WHERE id = $1`;
    await query('test_earlier', earlier, [holdId]);
    const { state, concludedAgoMs } = await find(holdId);
    expect(state).toBe('paid');
    expect(concludedAgoMs).toBeGreaterThanOrEqual(5_000);
    expect(concludedAgoMs).toBeLessThan(65_000);
    expect(await isHeld(holdId)).toBe(true);
  });

  it('is given up by a call that cost nothing, and by one that is not known', async () => {
    const holdId = await claim();
    await settle(holdId, 'void');
    expect(await find(holdId)).toMatchObject({ state: 'free' });
    expect(await isHeld(holdId)).toBe(false);
    expect(await find(newId())).toEqual({ state: 'free', concludedAgoMs: 0 });
  });

  it('is kept by a call that expired and was concluded all the same', async () => {
    const holdId = await claim();
    await lapse();
    expect(await find(holdId)).toMatchObject({ state: 'free' });
    await settle(holdId, 'post', 60);
    expect(await find(holdId)).toMatchObject({ state: 'paid' });
    expect(await isHeld(holdId)).toBe(true);
  });
});
