/** Random worlds and what happens in them, as plain values that fast-check can make smaller. */
import * as fc from 'fast-check';
import type { PeriodName } from './calendar.js';
import type { Funding, Scope } from './model.js';

export const WALLETS = 2;
export const PEOPLE = 2;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From before a leap day until after the clocks changed in both halves of the world. */
const FIRST_START = Date.UTC(2028, 1, 25);
const LAST_START = Date.UTC(2028, 10, 10);
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  // Its clocks change at midnight.
  'America/Havana',
];

export interface World {
  startsAt: number;
  wallets: { amount: number; overdraft: number }[];
  budgets: BudgetPlan[];
  operations: Operation[];
}

export interface BudgetPlan {
  scope: Scope;
  /** Which space; of keys, the space they belong to. */
  wallet: number;
  person: number;
  isHard: boolean;
  period: PeriodName;
  zone: string;
  limit: number;
  thresholds: number[];
  rollover: number;
  endsInMs: number | null;
}

export interface HoldPlan {
  wallet: number;
  amount: number;
  funding: Funding;
  user: number | null;
  key: boolean;
  lastsMs: number;
  /** Once more with the id of one that was asked for before. */
  repeats: number | null;
}

export interface SettlePlan {
  /** Counts back from the newest hold. */
  hold: number;
  action: 'post' | 'void' | 'expire';
  amount: number | null;
}

export type Operation =
  | { kind: 'hold'; members: HoldPlan[] }
  | { kind: 'settle'; members: SettlePlan[] }
  | {
      kind: 'grant';
      wallet: number;
      amount: number;
      rank: number;
      begins: number;
      lasts: number | null;
    }
  | { kind: 'adjust'; wallet: number; amount: number; rank: number }
  | { kind: 'transfer'; from: number; amount: number }
  | { kind: 'wait'; ms: number }
  /** Until the very end of a period. */
  | { kind: 'wait_for'; budget: number }
  | { kind: 'turn' }
  | { kind: 'delete'; budget: number };

/** Round ones too, so that limits are met exactly. */
const amount = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(50, 100, 200));
const wallet = fc.nat(WALLETS - 1);
const person = fc.nat(PEOPLE - 1);

const budget: fc.Arbitrary<BudgetPlan> = fc.record({
  scope: fc.constantFrom<Scope>('global', 'space', 'user', 'member', 'key', 'subscription'),
  wallet,
  person,
  isHard: fc.boolean(),
  period: fc.constantFrom<PeriodName>('day', 'week', 'month', 'total', '5h', '1d', '7d'),
  zone: fc.constantFrom(...ZONES),
  limit: fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constantFrom(0, 100, 200, 500)),
  thresholds: fc.constantFrom([80, 100], [50], [], [10, 50, 90], [100, 120]),
  rollover: fc.constantFrom(0, 0, 25, 33, 100),
  endsInMs: fc.option(
    fc.integer({ min: 1, max: 40 }).map((days) => days * 10 * HOUR_MS),
    {
      freq: 4,
    },
  ),
});

const hold: fc.Arbitrary<HoldPlan> = fc.record({
  wallet,
  amount,
  funding: fc.constantFrom<Funding>('wallet', 'wallet', 'wallet', 'subscription', 'none'),
  user: fc.option(person, { freq: 4 }),
  key: fc.boolean(),
  lastsMs: fc.constantFrom(15 * MINUTE_MS, 2 * DAY_MS),
  repeats: fc.option(fc.nat(5), { freq: 9, nil: null }).map((value) => (value === 5 ? 0 : null)),
});

const settle: fc.Arbitrary<SettlePlan> = fc.record({
  hold: fc.nat(7),
  action: fc.constantFrom('post', 'post', 'post', 'void', 'expire'),
  amount: fc.option(fc.integer({ min: 0, max: 450 }), { freq: 3 }),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      members: fc.array(hold, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      members: fc.array(settle, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      wallet,
      amount: fc.integer({ min: 1, max: 800 }),
      rank: fc.nat(9),
      begins: fc.constantFrom(0, 0, 0, HOUR_MS, 2 * DAY_MS),
      lasts: fc.option(fc.constantFrom(6 * HOUR_MS, DAY_MS, 10 * DAY_MS), { freq: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('adjust' as const),
      wallet,
      amount: fc.integer({ min: -300, max: 300 }).filter((value) => value !== 0),
      rank: fc.nat(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      from: wallet,
      amount: fc.integer({ min: 1, max: 400 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(
        MINUTE_MS,
        HOUR_MS,
        5 * HOUR_MS,
        DAY_MS,
        3 * DAY_MS,
        7 * DAY_MS,
        40 * DAY_MS,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait_for' as const), budget: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), budget: fc.nat(4) }),
  },
);

/** So that calls end where grants do. */
const round = fc.constantFrom(50, 100, 150);

/** One wallet that lives by grants which begin and end while calls are in flight. */
const lotOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      wallet: fc.constant(0),
      amount: round,
      rank: fc.nat(9),
      begins: fc.constantFrom(0, 0, HOUR_MS),
      lasts: fc.option(fc.constantFrom(6 * HOUR_MS, DAY_MS), { freq: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      members: fc.tuple(
        fc.record({
          wallet: fc.constant(0),
          amount: round,
          funding: fc.constant('wallet' as const),
          user: fc.constant(null),
          key: fc.constant(false),
          lastsMs: fc.constantFrom(HOUR_MS, 20 * DAY_MS),
          repeats: fc.constant(null),
        }),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      members: fc.array(settle, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(HOUR_MS, 5 * HOUR_MS, 7 * HOUR_MS, DAY_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('adjust' as const),
      wallet: fc.constant(0),
      amount: fc.integer({ min: -100, max: 100 }).filter((value) => value !== 0),
      rank: fc.nat(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      from: wallet,
      amount: round,
    }),
  },
);

const wallets = fc.array(
  fc.record({
    amount: fc.integer({ min: 0, max: 2_000 }),
    overdraft: fc.constantFrom(0, 0, 100),
  }),
  { minLength: WALLETS, maxLength: WALLETS },
);
const startsAt = fc
  .integer({ min: FIRST_START / SECOND_MS, max: LAST_START / SECOND_MS })
  .map((seconds) => seconds * SECOND_MS);

export const world: fc.Arbitrary<World> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      startsAt,
      wallets,
      budgets: fc.array(budget, { maxLength: 5 }),
      operations: fc.array(operation, { minLength: 1, maxLength: 20, size: 'max' }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      startsAt,
      wallets: fc.constant<World['wallets']>([
        { amount: 0, overdraft: 100 },
        { amount: 0, overdraft: 0 },
      ]),
      budgets: fc.constant<BudgetPlan[]>([]),
      operations: fc.array(lotOperation, { minLength: 1, maxLength: 20, size: 'max' }),
    }),
  },
);
