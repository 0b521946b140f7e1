import type { BudgetWarningBody } from '../../common/budget-warning-body.js';
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

export function toWarningBody(warning: BudgetWarning): BudgetWarningBody {
  return {
    type: 'budget_warning',
    budget_id: warning.budget_id,
    budget_name: warning.budget_name,
    message: toBudgetWarning(warning).message,
    usage_percentage: warning.used_percent,
    limit_micros: warning.limit_micros,
    remaining_micros: warning.remaining_micros,
  };
}
