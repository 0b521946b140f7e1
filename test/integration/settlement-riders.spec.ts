/** Proves that the rows of other rooms are committed with the money or not at all, and what a lost database means. */
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SettlementRiders } from '../../src/billing/settlement-riders.js';
import { GenerationsModule } from '../../src/generations/generations.module.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

/** Two functions as a room would bring them: one refuses before money moves, one writes after it. */
const ROOM = `
  CREATE TABLE room_rows (id uuid PRIMARY KEY, posted bigint);
  CREATE TABLE room_batches (members int);
  CREATE FUNCTION room_count(batch jsonb, verdicts jsonb[]) RETURNS jsonb[] LANGUAGE sql AS $$
    INSERT INTO room_batches VALUES (cardinality(verdicts));
    SELECT verdicts;
  $$;
  CREATE FUNCTION room_refuse(batch jsonb, verdicts jsonb[]) RETURNS jsonb[] LANGUAGE plpgsql AS $$
  BEGIN
    FOR i IN 1 .. cardinality(verdicts) LOOP
      IF batch -> (i - 1) -> 'room' ->> 'is_refused' = 'true' THEN
        verdicts[i] := '{"code": "room.refused"}';
      END IF;
    END LOOP;
    RETURN verdicts;
  END $$;
  CREATE FUNCTION room_write(batch jsonb, verdicts jsonb[]) RETURNS jsonb[] LANGUAGE sql AS $$
    INSERT INTO room_rows (id, posted)
    SELECT (x.member -> 'room' ->> 'id')::uuid, (verdicts[x.i] ->> 'posted_micros')::bigint
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, i)
     WHERE x.member ? 'room' AND NOT settlement_refused(verdicts[x.i]);
    SELECT verdicts;
  $$;
`;

/** The members of a call and of a generation, by their keys. */
const TEXT_CALL = { admit: { hold: {} }, conclude: { settle: {}, usage: {} } };
const GENERATION = {
  admit: { hold: {}, claim: {}, generation: {}, attempt: {} },
  conclude: { settle: {}, usage: {}, generation: {}, attempt: {}, events: [] },
};

describe('riders of generations', () => {
  const riders = new SettlementRiders();
  new GenerationsModule(new WorkRegistry(), riders).onModuleInit();
  const list = (step: 'admit' | 'conclude', ...members: object[]) =>
    riders.listFunctions(
      step,
      members.reduce((union, member) => union | riders.findParts(step, { ...member }), 0),
    );

  it('have no part in batches of text calls alone', () => {
    expect(list('admit', TEXT_CALL.admit, TEXT_CALL.admit)).toEqual(['billing_hold']);
    expect(list('conclude', TEXT_CALL.conclude)).toEqual([
      'billing_settle',
      'billing_record_usage',
    ]);
  });

  it('write the claim of a text call, and free it when money refuses', () => {
    expect(list('admit', { ...TEXT_CALL.admit, claim: {} })).toEqual([
      'generations_claim',
      'billing_hold',
      'generations_admit',
    ]);
  });

  it('all run for a batch that is mixed', () => {
    expect(list('admit', TEXT_CALL.admit, GENERATION.admit)).toEqual([
      'generations_claim',
      'billing_hold',
      'generations_admit',
      'generations_collect',
    ]);
    expect(list('conclude', TEXT_CALL.conclude, GENERATION.conclude)).toEqual([
      'billing_settle',
      'billing_record_usage',
      'generations_conclude',
      'outbox_append',
    ]);
  });
});

describe.each(databaseKinds())('riders of a settlement on %s', (kind) => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    await ledger.dataSource.query(ROOM);
    ledger.riders.register({ step: 'admit', stage: 'before_money', sqlFunction: 'room_refuse' });
    ledger.riders.register({ step: 'admit', stage: 'after_money', sqlFunction: 'room_write' });
    ledger.riders.register({ step: 'conclude', stage: 'after_money', sqlFunction: 'room_write' });
    ledger.riders.register({
      step: 'admit',
      stage: 'after_money',
      sqlFunction: 'room_count',
      keys: ['counted'],
    });
  });

  afterAll(() => ledger.close());

  const countRows = (id: string) => ledger.count('room_rows', `id = '${id}'`);

  it('writes the rider’s row with the hold', async () => {
    const wallet = await ledger.makeWallet(100);
    const id = newId();
    const hold = makeHold(wallet.id, 40);
    expect(await ledger.writer.admit({ hold, room: { id } })).toBeNull();
    expect(await countRows(id)).toBe(1);
  });

  it('moves no money for a member that a rider refused before it', async () => {
    const wallet = await ledger.makeWallet(100);
    const id = newId();
    const hold = makeHold(wallet.id, 40);
    const verdict = await ledger.writer.admit({ hold, room: { id, is_refused: true } });
    expect(verdict).toEqual({ code: 'room.refused' });
    expect(await ledger.balances(wallet.id)).toEqual([100, 0, 0]);
    expect(await countRows(id)).toBe(0);
  });

  it('writes no row for a member that money refused', async () => {
    const wallet = await ledger.makeWallet(10);
    const id = newId();
    await ledger.writer.admit({ hold: makeHold(wallet.id, 40), room: { id } });
    expect(await countRows(id)).toBe(0);
  });

  it('runs what acts on a key for batches that bring it, and for no other', async () => {
    const wallet = await ledger.makeWallet(100);
    const admit = (more: object) => ledger.writer.admit({ hold: makeHold(wallet.id, 1), ...more });
    await Promise.all([admit({}), admit({ room: { id: newId() } })]);
    expect(await ledger.count('room_batches')).toBe(0);
    expect(await Promise.all([admit({}), admit({ counted: true }), admit({})])).toEqual(
      Array(3).fill(null),
    );
    expect(await ledger.count('room_batches', 'members = 3')).toBe(1);
    expect(await ledger.balances(wallet.id)).toEqual([95, 5, 0]);
  });

  it('takes the money back when the rider’s row cannot be written, for that member alone', async () => {
    const wallet = await ledger.makeWallet(100);
    const taken = newId();
    await ledger.writer.admit({ room: { id: taken } });
    const ends = await Promise.allSettled([
      ledger.writer.admit({ hold: makeHold(wallet.id, 10), room: { id: newId() } }),
      ledger.writer.admit({ hold: makeHold(wallet.id, 20), room: { id: taken } }),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await ledger.balances(wallet.id)).toEqual([90, 10, 0]);
  });

  it('tells the rider what was posted, and lets it skip a repeated conclusion', async () => {
    const wallet = await ledger.makeWallet(100);
    const hold = makeHold(wallet.id, 40);
    await ledger.writer.admit({ hold });
    const [first, second] = [newId(), newId()];
    await ledger.writer.conclude({ settle: makeSettle(hold.id, 'post', 15), room: { id: first } });
    await ledger.writer.conclude({ settle: makeSettle(hold.id, 'post', 15), room: { id: second } });
    expect(await ledger.count('room_rows', `id = '${first}' AND posted = 15`)).toBe(1);
    expect(await countRows(second)).toBe(0);
  });

  it('takes texts of any kind, and fails only the member the database cannot store', async () => {
    const wallet = await ledger.makeWallet(100);
    const holds = ['plain', 'with \u0000 in it', 'quotes \' " \\ and 🎨'].map((reference) =>
      makeHold(wallet.id, 1, { reference }),
    );
    const ends = await Promise.allSettled(holds.map((hold) => ledger.hold(hold)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const [latest] = await ledger.wallets.listTransactions(wallet.id, null, 1);
    expect(latest?.reference).toBe(holds[2]?.reference);
  });

  it('refuses with a clear code when the database is gone', async () => {
    const wallet = await ledger.makeWallet(100);
    Logger.overrideLogger(false);
    await ledger.dataSource.destroy();
    await expect(ledger.hold(makeHold(wallet.id, 1))).rejects.toMatchObject({
      code: 'billing.unavailable',
      retryAfterS: 1,
    });
    Logger.overrideLogger(['error', 'warn', 'log']);
  });
});
