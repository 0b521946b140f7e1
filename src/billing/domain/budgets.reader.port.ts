import type { PageRequest } from '../../common/page.js';
import type { Budget, BudgetPeriod, BudgetScope, ClosedPeriod } from './budget.js';

/** What a list of budgets is narrowed to; null: any. */
export interface BudgetFilter {
  scope: BudgetScope | null;
  searchSpaceId: string | null;
  subjectId: string | null;
}

/** Whose budgets a call is held to. */
export interface BudgetReach {
  searchSpaceId: string;
  userId: string;
  /** Null: no key is used. */
  apiKeyId: string | null;
  /** `subscription`: those of the subscription alone; `wallet`: all others; null: both. */
  funding: 'wallet' | 'subscription' | null;
}

/** Budgets as they stand, outside of transactions; none that is deleted. A period that has ended is not shown. */
export abstract class BudgetsReader {
  abstract find(id: string): Promise<Budget | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(filter: BudgetFilter, page: PageRequest): Promise<Budget[]>;

  /** All that a call of theirs is held to, in the order in which they are asked; at most `limit`. */
  abstract listApplicable(reach: BudgetReach, limit?: number): Promise<Budget[]>;

  /**
   * Periods that are over, newest first; one row more than `limit` when there are more.
   * @param before only those that began before this moment; null: from the newest
   */
  abstract listPeriods(
    budgetId: string,
    before: Date | null,
    limit: number,
  ): Promise<ClosedPeriod[]>;

  /** The period around the present moment; `total` begins now. */
  abstract findPeriod(
    period: BudgetPeriod,
    timeZone: string,
  ): Promise<{ startsAt: Date; endsAt: Date | null }>;

  /** The zone as the database spells it; null for none that it knows. */
  abstract findTimeZone(name: string): Promise<string | null>;

  /** Closes the periods of the subject's budgets that have ended: a change counts from the running one on. */
  abstract renew(subjectId: string, searchSpaceId: string | null): Promise<void>;
}
