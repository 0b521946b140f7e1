import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { BudgetAuthority } from './budget-authority.js';
import type { Budget, ClosedPeriod } from './domain/budget.js';
import { budgetNotFound } from './domain/budget.errors.js';
import { type BudgetStatus, toBudgetStatus } from './domain/budget-status.js';
import { type BudgetFilter, BudgetsReader } from './domain/budgets.reader.port.js';

/** `2026-11-21T17:00:00.000Z` */
const ISO_LENGTH = 24;

/** Looking at budgets. A period that has ended is seen as the one after it, although nobody has written it down. */
@Injectable()
export class BudgetViewsService {
  constructor(
    private readonly budgets: BudgetsReader,
    private readonly authority: BudgetAuthority,
  ) {}

  /**
   * Newest first, one more than the page asks for: all there are for an operator, for others those of one space.
   * @throws DomainError `request.not_found`, `rbac.permission_denied`, `request.invalid` when no space is named
   */
  async list(caller: Caller, filter: BudgetFilter, page: PageRequest): Promise<Budget[]> {
    if (caller.isOperator) return this.budgets.list(filter, page);
    const searchSpaceId = filter.searchSpaceId ?? caller.boundSpaceId;
    if (searchSpaceId === null) {
      throw DomainError.invalid('search_space_id', 'is missing: name the search space');
    }
    await this.authority.assertMayList(caller, searchSpaceId);
    return this.budgets.list({ ...filter, searchSpaceId }, page);
  }

  /** @throws DomainError as BudgetAuthority.assertMayRead */
  async get(caller: Caller, id: string): Promise<Budget> {
    const budget = isId(id) ? await this.budgets.find(id) : null;
    if (!budget) throw budgetNotFound();
    await this.authority.assertMayRead(caller, budget);
    return budget;
  }

  /**
   * The budget's periods that are over, newest first, one more than the page asks for.
   * @throws DomainError as `get`, and `request.invalid` for a cursor that is none of ours
   */
  async listPeriods(caller: Caller, id: string, page: PageRequest): Promise<ClosedPeriod[]> {
    const before = page.after === null ? null : new Date(page.after);
    if (before !== null && !isWritten(before, page.after)) {
      throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
    }
    const budget = await this.get(caller, id);
    return this.budgets.listPeriods(budget.id, before, page.limit);
  }

  /** All that a call of the caller's in the space is held to. */
  async listStatuses(caller: Caller, searchSpaceId: string): Promise<BudgetStatus[]> {
    const budgets = await this.budgets.listApplicable({
      searchSpaceId,
      userId: caller.userId,
      apiKeyId: caller.kind === 'api_key' ? caller.id : null,
      funding: null,
    });
    return budgets.map(toBudgetStatus);
  }
}

/** Whether the text is how we write this moment; years of five digits are beyond the database's calendar. */
function isWritten(moment: Date, text: string | null): boolean {
  return (
    text?.length === ISO_LENGTH && !Number.isNaN(moment.getTime()) && moment.toISOString() === text
  );
}
