import type { BudgetWarning } from './settlement.js';

export const BUDGET_WARNING = 'billing.budget_warning';

/** What a caller is told of a budget that runs low. The database says the same of a generation it admits. */
export function toBudgetWarning(warning: BudgetWarning): { code: string; message: string } {
  const { scope, budget_name: name, used_percent: percent } = warning;
  const left = `${warning.remaining_micros} of ${warning.limit_micros} micros are left`;
  return {
    code: BUDGET_WARNING,
    message: `The ${scope} budget ${JSON.stringify(name)} is ${percent} % used: ${left}.`,
  };
}
