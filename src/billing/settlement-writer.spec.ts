/** Proves what callers of the two durable steps meet: batches by step, refusals, faults of members and of the store. */
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import type { SettlementStep } from './domain/settlement-rider.js';
import { MemberFault, SettlementStore } from './domain/settlement.store.port.js';
import type { Verdict } from './domain/settlement.js';
import { SettlementRiders } from './settlement-riders.js';
import { SettlementWriter } from './settlement-writer.js';

class FakeStore extends SettlementStore {
  readonly calls: { step: SettlementStep; functions: readonly string[]; members: unknown[] }[] = [];
  fault: Error | null = null;
  verdict: Verdict = null;

  async run(step: SettlementStep, functions: readonly string[], members: readonly string[]) {
    this.calls.push({ step, functions, members: members.map((text) => JSON.parse(text)) });
    if (this.fault) throw this.fault;
    return members.map(() => this.verdict);
  }
}

function makeWriter() {
  const store = new FakeStore();
  const riders = new SettlementRiders();
  return { store, riders, writer: new SettlementWriter(store, riders) };
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error', 'warn', 'log']));

const HOLD = { id: 'h', transaction_id: 't', account_id: 'a', amount_micros: 5, expires_in_s: 60 };

describe('settlement writer', () => {
  it('admits with the riders around the money', async () => {
    const { store, riders, writer } = makeWriter();
    riders.register({ step: 'admit', stage: 'after_money', sqlFunction: 'rows_admit' });
    riders.register({ step: 'admit', stage: 'before_money', sqlFunction: 'keys_claim' });
    riders.register({ step: 'conclude', stage: 'after_money', sqlFunction: 'rows_conclude' });
    expect(await writer.admit({ hold: HOLD, row: { id: 1 } })).toBeNull();
    expect(store.calls).toEqual([
      {
        step: 'admit',
        functions: ['keys_claim', 'billing_hold', 'rows_admit'],
        members: [{ hold: HOLD, row: { id: 1 } }],
      },
    ]);
    await writer.conclude({});
    expect(store.calls[1]?.functions).toEqual([
      'billing_settle',
      'billing_record_usage',
      'rows_conclude',
    ]);
  });

  it('leaves out the riders that have no part in any member of the batch', async () => {
    const { store, riders, writer } = makeWriter();
    const rider = { step: 'admit', stage: 'after_money' } as const;
    riders.register({ ...rider, sqlFunction: 'rows_admit', keys: ['row', 'claim'] });
    riders.register({ ...rider, sqlFunction: 'events_append', keys: ['events'] });
    riders.register({ ...rider, stage: 'before_money', sqlFunction: 'spaces_admit' });
    await writer.admit({ hold: HOLD, row: undefined });
    await Promise.all([writer.admit({ hold: HOLD }), writer.admit({ claim: null })]);
    await Promise.all([writer.admit({ events: [] }), writer.admit({ row: {} })]);
    expect(store.calls.map(({ functions }) => functions)).toEqual([
      ['spaces_admit', 'billing_hold'],
      ['spaces_admit', 'billing_hold', 'rows_admit'],
      ['spaces_admit', 'billing_hold', 'rows_admit', 'events_append'],
    ]);
  });

  it('tries a faulty batch again with the riders of each member alone', async () => {
    const { store, riders, writer } = makeWriter();
    const rider = { step: 'admit', stage: 'after_money' } as const;
    riders.register({ ...rider, sqlFunction: 'rows_admit', keys: ['row'] });
    store.fault = new MemberFault('duplicate key value violates …');
    await Promise.allSettled([writer.admit({ hold: HOLD }), writer.admit({ row: {} })]);
    expect(store.calls.map(({ functions }) => functions)).toEqual([
      ['billing_hold', 'rows_admit'],
      ['billing_hold'],
      ['billing_hold', 'rows_admit'],
    ]);
  });

  it('raises a hold in a batch of its own, without the riders', async () => {
    const { store, riders, writer } = makeWriter();
    riders.register({ step: 'admit', stage: 'after_money', sqlFunction: 'rows_admit' });
    const topUp = { hold_id: 'h', transaction_id: 't', amount_micros: 5 };
    expect(await writer.admitWithWarnings({ top_up: topUp })).toEqual({
      refusal: null,
      warnings: [],
    });
    expect(store.calls).toEqual([
      { step: 'top_up', functions: ['billing_top_up'], members: [{ top_up: topUp }] },
    ]);
    await expect(writer.admitWithWarnings({ hold: HOLD, top_up: topUp })).rejects.toThrow('alone');
  });

  it('hands out the verdict of a member', async () => {
    const { store, writer } = makeWriter();
    store.verdict = { code: 'billing.insufficient_balance', remaining_micros: 3 };
    expect(await writer.admit({ hold: HOLD })).toEqual(store.verdict);
  });

  it('refuses while the store is away, and says when to come again', async () => {
    const { store, writer } = makeWriter();
    store.fault = new Error('ECONNREFUSED');
    await expect(writer.admit({ hold: HOLD })).rejects.toMatchObject({
      code: 'billing.unavailable',
      retryAfterS: 1,
    });
    await expect(writer.conclude({})).rejects.toBeInstanceOf(DomainError);
  });

  it('tries the members of a faulty batch alone, and fails who is at fault with nothing inside told', async () => {
    const { store, writer } = makeWriter();
    store.fault = new MemberFault('duplicate key value violates …');
    const ends = await Promise.allSettled([writer.conclude({}), writer.conclude({})]);
    expect(store.calls.map(({ members }) => members.length)).toEqual([2, 1, 1]);
    for (const end of ends) {
      expect(end).toMatchObject({
        reason: { code: 'internal', message: expect.not.stringContaining('key') },
      });
    }
  });

  it('answers a repeated conclusion like the first, but not one that came second', async () => {
    const { store, writer } = makeWriter();
    const posted = { state: 'posted', posted_micros: 7, shortfall_micros: 0 } as const;
    store.verdict = { code: 'already', ...posted, replayed: true };
    expect(await writer.conclude({})).toEqual({ ok: true, ...posted });
    store.verdict = { code: 'already', ...posted, replayed: false };
    expect(await writer.conclude({})).toEqual(store.verdict);
  });

  it('drains to empty lanes', async () => {
    const { writer } = makeWriter();
    const admitted = writer.admit({ hold: HOLD });
    await writer.drain();
    expect(writer.depth()).toEqual({ admit: 0, top_up: 0, conclude: 0 });
    await admitted;
  });
});

describe('settlement riders', () => {
  it('take nothing but a name, once, before the first batch', () => {
    const riders = new SettlementRiders();
    const rider = { step: 'admit', stage: 'after_money', sqlFunction: 'rows_admit' } as const;
    riders.register(rider);
    expect(() => riders.register(rider)).toThrow('registered twice');
    expect(() => riders.register({ ...rider, sqlFunction: 'x(); drop' })).toThrow('not a function');
    riders.findParts('admit', {});
    expect(() => riders.register({ ...rider, sqlFunction: 'late' })).toThrow(
      'after the first batch',
    );
  });
});
