import { BUDGET_WARNING } from '../billing/domain/budget-warning.js';
import type { BudgetWarningBody } from '../common/budget-warning-body.js';
import type { Generation } from './domain/generation.js';

/** Read again from its row, a generation knows the words alone. */
export type ToldBudgetWarning = Pick<BudgetWarningBody, 'type' | 'message'> &
  Partial<BudgetWarningBody>;

/** The budgets that ran low when it was admitted. */
export function listBudgetWarnings({
  warnings,
}: Pick<Generation, 'warnings'>): ToldBudgetWarning[] {
  return warnings
    .filter(({ code }) => code === BUDGET_WARNING)
    .map(({ message, budget }) => budget ?? { type: 'budget_warning', message });
}
