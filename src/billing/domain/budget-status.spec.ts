/** Proves what a budget says of itself: what is left, how fast it goes, and where it ends at this rate. */
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
import { type Budget, NIL_ID, wouldRefuse } from './budget.js';
import { toBudgetStatus, toBudgetTotals } from './budget-status.js';

const APRIL = new Date('2026-04-01T00:00:00Z');
const MAY = new Date('2026-05-01T00:00:00Z');

function make(more: Partial<Record<keyof Budget, unknown>> = {}): Budget {
  return {
    id: NIL_ID,
    name: 'A budget',
    scope: 'global',
    subjectId: NIL_ID,
    searchSpaceId: null,
    mode: 'hard',
    period: 'month',
    timeZone: 'UTC',
    limitMicros: toMicros(1_000),
    thresholds: [80, 100],
    rolloverPercent: 0,
    endsAt: null,
    managedBy: 'operator',
    createdBy: null,
    createdAt: APRIL,
    periodStart: APRIL,
    periodEnd: MAY,
    carriedMicros: toMicros(0),
    heldMicros: toMicros(0),
    spentMicros: toMicros(0),
    asOf: new Date('2026-04-11T00:00:00Z'),
    ...more,
  } as Budget;
}

describe('a budget under way', () => {
  it('burns what was spent by the days so far, and is projected to the end of its period', () => {
    const status = toBudgetStatus(make({ spentMicros: 300, heldMicros: 50, carriedMicros: 100 }));
    expect(status).toMatchObject({
      remainingMicros: 750,
      usedPercent: 31,
      isExhausted: false,
      isWarning: false,
      resetsAt: MAY,
      daysRemaining: 20,
      dailyBurnRateMicros: 30,
      projectedSpendMicros: 900,
    });
  });

  it('takes at least a day as gone by', () => {
    const asOf = new Date('2026-04-01T00:10:00Z');
    expect(toBudgetStatus(make({ spentMicros: 7, asOf }))).toMatchObject({
      dailyBurnRateMicros: 7,
      projectedSpendMicros: 210,
    });
  });

  it('projects a month with a change of the clock by its days', () => {
    const march = { periodStart: '2026-02-28T23:00:00Z', periodEnd: '2026-03-31T22:00:00Z' };
    const status = toBudgetStatus(
      make({
        spentMicros: 100,
        periodStart: new Date(march.periodStart),
        periodEnd: new Date(march.periodEnd),
        asOf: new Date('2026-03-10T23:00:00Z'),
      }),
    );
    expect(status).toMatchObject({ dailyBurnRateMicros: 10, projectedSpendMicros: 310 });
  });

  it('expects of a short window no less than what it has spent', () => {
    const periodEnd = new Date('2026-04-01T05:00:00Z');
    const asOf = new Date('2026-04-01T01:00:00Z');
    expect(toBudgetStatus(make({ period: '5h', periodEnd, asOf, spentMicros: 500 }))).toMatchObject(
      { dailyBurnRateMicros: 2_400, projectedSpendMicros: 500, daysRemaining: 1 },
    );
  });

  it('has no projection without an end, and one with an end', () => {
    const total = { period: 'total', periodEnd: null, spentMicros: 100 };
    expect(toBudgetStatus(make(total))).toMatchObject({
      resetsAt: null,
      daysRemaining: null,
      dailyBurnRateMicros: 10,
      projectedSpendMicros: null,
    });
    expect(toBudgetStatus(make({ ...total, endsAt: MAY }))).toMatchObject({
      daysRemaining: 20,
      projectedSpendMicros: 300,
    });
  });

  it('is a window nobody has opened: nothing used, and no end in sight', () => {
    const closed = make({ period: '5h', periodStart: null, periodEnd: null });
    expect(toBudgetStatus(closed)).toMatchObject({
      remainingMicros: 1_000,
      resetsAt: null,
      daysRemaining: null,
      dailyBurnRateMicros: 0,
      projectedSpendMicros: 0,
    });
  });

  it.each([
    [799, false, false],
    [800, true, false],
    [1_000, false, true],
    [1_200, false, true],
  ])('with %i of 1,000 spent: warning %s, exhausted %s', (spentMicros, isWarning, isExhausted) => {
    expect(toBudgetStatus(make({ spentMicros }))).toMatchObject({ isWarning, isExhausted });
  });

  it('leaves nothing once a hard one has ended, never everything', () => {
    const ended = make({ endsAt: new Date('2026-04-10T00:00:00Z') });
    expect(toBudgetStatus(ended)).toMatchObject({
      isEnded: true,
      remainingMicros: 0,
      resetsAt: null,
      daysRemaining: 0,
    });
    expect(wouldRefuse(ended, 1)).toBe(true);
  });

  it('is used up from the start when its limit is 0', () => {
    expect(toBudgetStatus(make({ limitMicros: 0 }))).toMatchObject({
      usedPercent: 100,
      isExhausted: true,
      remainingMicros: 0,
    });
  });
});

it('adds budgets up', () => {
  const statuses = [
    make({ spentMicros: 500 }),
    make({ spentMicros: 900 }),
    make({ spentMicros: 1_500 }),
  ].map(toBudgetStatus);
  expect(toBudgetTotals(statuses)).toEqual({
    budgets: 3,
    active: 3,
    exceeded: 1,
    warning: 1,
    limitMicros: 3_000,
    usedMicros: 2_900,
    remainingMicros: 600,
    usedPercent: 96,
  });
  expect(toBudgetTotals([])).toMatchObject({ budgets: 0, usedPercent: 0 });
});

describe('what a budget would say to a call', () => {
  it.each([
    ['hard', 1_000, false],
    ['hard', 1_001, true],
    ['soft', 5_000, false],
    ['hard', 0, false],
  ])('%s, %i micros: refuses %s', (mode, required, refuses) => {
    expect(wouldRefuse(make({ mode }), required)).toBe(refuses);
  });
});
