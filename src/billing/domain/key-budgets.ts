import { type Budget, SPEND_WINDOWS, type SpendWindow, toRemaining } from './budget.js';

/** The hard budgets of a key that are no calendar's: its quota for good, and its spend windows. */
export const KEY_PERIODS = ['total', ...SPEND_WINDOWS] as const;
export type KeyPeriod = 'total' | SpendWindow;

export const KEY_BUDGET_NAMES: Readonly<Record<KeyPeriod, string>> = {
  total: 'Quota',
  '5h': 'Spend in 5 hours',
  '1d': 'Spend in a day',
  '7d': 'Spend in 7 days',
};

export interface KeyBudgets {
  quota: Budget | null;
  windows: readonly Budget[];
}

/** Of several for the same time, the one that leaves least: it is what binds. */
export function toKeyBudgets(budgets: readonly Budget[]): KeyBudgets {
  const hard = budgets.filter(({ scope, mode }) => scope === 'key' && mode === 'hard');
  const [quota, ...windows] = KEY_PERIODS.map((period) => findTightest(hard, period));
  return { quota: quota ?? null, windows: windows.filter((window) => window !== null) };
}

function findTightest(budgets: readonly Budget[], period: KeyPeriod): Budget | null {
  const [tightest] = budgets
    .filter((budget) => budget.period === period)
    .toSorted((left, right) => toRemaining(left) - toRemaining(right));
  return tightest ?? null;
}
