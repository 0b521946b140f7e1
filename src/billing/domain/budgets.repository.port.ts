import type { Budget } from './budget.js';

/** Who counts against what: the key under which a subject's budgets wait for one another. */
export type BudgetSubject = Pick<Budget, 'scope' | 'subjectId' | 'searchSpaceId'>;

/** A budget before its first call: nothing is held, spent or carried. */
export type NewBudget = Omit<Budget, 'asOf' | 'carriedMicros' | 'heldMicros' | 'spentMicros'>;

/** Changes to budgets, inside a unit of work. Counters move in the steps of money alone, but for `reset`. */
export abstract class BudgetsRepository {
  /** Lets what changes the number of a subject's budgets wait for one another; answers how many there are. */
  abstract lockSubject(subject: BudgetSubject): Promise<number>;

  /** The row, kept from changing until the transaction ends: no call is admitted under it meanwhile. Null: it is gone. */
  abstract lock(id: string): Promise<Budget | null>;

  /** The hard budgets of a key that are no calendar's: its quota and its spend windows, oldest first, locked. */
  abstract lockOfKey(apiKeyId: string): Promise<Budget[]>;

  abstract isNameTaken(subject: BudgetSubject, name: string, exceptId: string): Promise<boolean>;

  abstract add(budget: NewBudget): Promise<void>;

  /** Writes name, mode, limit, thresholds, end and manager. */
  abstract update(budget: Budget): Promise<void>;

  abstract remove(id: string): Promise<void>;

  /** Closes the running period now and begins another with nothing spent, held or carried. */
  abstract reset(budget: Budget): Promise<void>;
}
