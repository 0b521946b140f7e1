import { DomainError } from '../../common/domain-error.js';
import { BUDGETS_PER_SUBJECT_MAX } from './budget.js';

/** The same for a budget that is missing and for one of somebody else's. */
export function budgetNotFound(): DomainError {
  return DomainError.notFound('budget');
}

export function budgetNameTaken(): DomainError {
  return new DomainError(
    'request.conflict',
    'name: there is a budget of this name for the same scope and subject. Change that one, or take another name.',
    { fields: [{ field: 'name', message: 'is in use' }] },
  );
}

export function tooManyBudgets(): DomainError {
  return new DomainError(
    'request.conflict',
    `There are ${BUDGETS_PER_SUBJECT_MAX} budgets for this scope and subject already. Delete those that are not used.`,
  );
}

export function operatorsBudget(): DomainError {
  return new DomainError(
    'rbac.operator_required',
    'An operator made this budget, and only operators can change it. Ask one, or make a tighter budget beside it.',
  );
}

export function operatorScope(scope: string): DomainError {
  return new DomainError(
    'rbac.operator_required',
    `Only an operator can make a budget of scope ${scope}. Make one of scope space, member or key in your space.`,
  );
}

export function planBudget(): DomainError {
  return new DomainError(
    'request.conflict',
    "This budget is a window of the space's subscription. Change the subscription instead.",
  );
}

export function budgetEnded(): DomainError {
  return new DomainError(
    'request.conflict',
    'The budget has ended. Give it a later ends_at (or null) first, with PATCH.',
  );
}
