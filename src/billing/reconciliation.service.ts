import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { DomainError } from '../common/domain-error.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { alreadyResolved } from './domain/billing.errors.js';
import type {
  ReconciliationItem,
  ReconciliationState,
  Resolution,
} from './domain/reconciliation.js';
import { ReconciliationReader } from './domain/reconciliation.reader.port.js';
import { ReconciliationRepository } from './domain/reconciliation.repository.port.js';

/** What a person must look at. For operators; who may is said by the routes. */
@Injectable()
export class ReconciliationService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly items: ReconciliationReader,
  ) {}

  /** Newest first; one more than the page asks for, when there are more. */
  list(state: ReconciliationState, page: PageRequest): Promise<ReconciliationItem[]> {
    return this.items.list(state, page.after, page.limit + 1);
  }

  /**
   * Marks an item as looked at.
   * @throws DomainError `request.not_found`, `request.conflict` when it was resolved before
   */
  async resolve(resolution: Resolution): Promise<ReconciliationItem> {
    const before = await this.items.find(resolution.itemId);
    if (!before) throw DomainError.notFound('item');
    await this.unitOfWork.run(async (scope) => {
      const isResolved = await scope.get(ReconciliationRepository).resolve(resolution);
      if (!isResolved) throw alreadyResolved();
      await scope.get(AuditTrail).record({
        action: 'reconciliation.resolved',
        target: { type: 'reconciliation_item', id: before.id },
        searchSpaceId: before.searchSpaceId,
        before: { reason: before.reason, amount_micros: before.amountMicros },
        after: { note: resolution.note },
      });
    });
    const after = await this.items.find(resolution.itemId);
    if (!after) throw DomainError.notFound('item');
    return after;
  }
}
