import type { NewBudget } from './budgets.repository.port.js';

/** A budget in the words of the API, for the audit trail: what was decided of it, not what was spent. */
export function toBudgetState(budget: NewBudget): Readonly<Record<string, unknown>> {
  return {
    name: budget.name,
    scope: budget.scope,
    subject_id: budget.subjectId,
    mode: budget.mode,
    period: budget.period,
    time_zone: budget.timeZone,
    limit_micros: budget.limitMicros,
    thresholds: budget.thresholds,
    rollover_percent: budget.rolloverPercent,
    ends_at: budget.endsAt?.toISOString() ?? null,
    managed_by: budget.managedBy,
  };
}

/** What differs between two of them; null: nothing. */
export function toChangedStates(
  before: NewBudget,
  after: NewBudget,
): { before: Record<string, unknown>; after: Record<string, unknown> } | null {
  const [was, is] = [toBudgetState(before), toBudgetState(after)];
  const names = Object.keys(is).filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  );
  if (names.length === 0) return null;
  const pick = (state: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(names.map((name) => [name, state[name]]));
  return { before: pick(was), after: pick(is) };
}
