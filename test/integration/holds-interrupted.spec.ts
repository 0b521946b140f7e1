/** Proves that calls without a generation whose process died give their money back once, and are listed for a person. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoldsService } from '../../src/billing/holds.service.js';
import { WalletsService } from '../../src/billing/wallets.service.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import { GenerationsReconciler } from '../../src/generations/generations.reconciler.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { makeHold, makeSettle, makeUsage } from '../factories/ledger.factory.js';
import { startApplication, type TestApplication } from '../setup/application.js';

describe('calls that were interrupted', () => {
  let atelier: TestApplication;
  let writer: SettlementWriter;
  let walletId: string;

  beforeAll(async () => {
    // Only what the test asks for is reconciled.
    atelier = await startApplication({ RECONCILE_EVERY_S: '3600' });
    writer = atelier.app.get(SettlementWriter, { strict: false });
    const wallets = atelier.app.get(WalletsService, { strict: false });
    walletId = (await wallets.findBySpace(atelier.spaceId))!.id;
  });
  afterAll(() => atelier.stop());

  const reconcile = () => atelier.app.get(GenerationsReconciler, { strict: false }).reconcile();

  const balances = async () => {
    const { body } = await atelier.call('GET', '/api/v1/billing/wallets');
    const [{ available_micros, held_micros, spent_micros }] = body.data;
    return [available_micros, held_micros, spent_micros] as [number, number, number];
  };

  const listItems = async (holdId: string) => {
    const headers = { authorization: `Bearer ${atelier.token}` };
    const url = '/api/v1/billing/reconciliation?limit=100';
    const { body } = await atelier.call('GET', url, undefined, headers);
    return body.data.filter((item: { hold_id: string }) => item.hold_id === holdId) as object[];
  };

  /** As an admission left it behind whose process died `agoS` after its deadline. */
  async function abandon(reference: string, agoS = 1): Promise<string> {
    const hold = makeHold(walletId, 1_000, { reference });
    expect(await writer.admit({ hold })).toBeNull();
    const topUp = { hold_id: hold.id, transaction_id: newId(), amount_micros: 500 };
    expect((await writer.admitWithWarnings({ top_up: topUp })).refusal).toBeNull();
    await atelier.app
      .get(Sql, { strict: false })
      .query<object>(
        'test_overdue',
        `UPDATE holds SET expires_at = now() - make_interval(secs => $2) WHERE id = $1`,
        [hold.id, agoS],
      );
    return hold.id;
  }

  it('give all of their money back once, and are listed once with their attempt', async () => {
    const before = await balances();
    const attemptId = newId();
    const holdId = await abandon(`call:${attemptId}`);
    expect(await balances()).toEqual([before[0] - 1_500, 1_500, before[2]]);
    // Two processes may look at once, and the next round looks again.
    await Promise.all([
      reconcile(),
      atelier.app.get(HoldsService, { strict: false }).expire([holdId]),
    ]);
    await reconcile();
    expect(await balances()).toEqual(before);
    expect(await listItems(holdId)).toMatchObject([
      { reason: 'interrupted', attempt_id: attemptId, generation_id: null, resolved_at: null },
    ]);
  });

  it('are still charged when their conclusion comes late', async () => {
    const before = await balances();
    const attemptId = newId();
    const holdId = await abandon(`call:${attemptId}`);
    await reconcile();
    const usage = makeUsage(atelier.spaceId, { id: attemptId, kind: 'chat', operation: 'chat' });
    await writer.conclude({ settle: makeSettle(holdId, 'post', 1_200), usage });
    expect(await balances()).toEqual([before[0] - 1_200, 0, before[2] + 1_200]);
    expect(await listItems(holdId)).toHaveLength(1);
  });

  it('are left alone as long as they may run', async () => {
    const holdId = await abandon(`call:${newId()}`, -3_600);
    await reconcile();
    expect(await listItems(holdId)).toEqual([]);
    const [, held] = await balances();
    expect(held).toBe(1_500);
    await writer.conclude({ settle: makeSettle(holdId, 'void') });
  });

  it.each([
    ['a note', 'a note'],
    ['a generation that is gone', newId()],
    ['a call without an id', 'call:nobody'],
    ['a call and more', `call:${newId()} `],
  ])('are known by their reference alone: %s is none', async (_, reference) => {
    const holdId = await abandon(reference);
    await reconcile();
    expect(await listItems(holdId)).toEqual([]);
    expect((await balances())[1]).toBe(0);
  });
});
