import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { type HoldTarget, type LegalHold, toHoldState } from './domain/legal-hold.js';
import { LegalHoldsReader, LegalHoldsRepository } from './domain/legal-holds.reader.port.js';

export interface HoldRequest extends HoldTarget {
  searchSpaceId: string;
  reason: string;
}

/** What must not be deleted by anybody, placed and lifted by operators. That it is kept, the database sees to. */
@Injectable()
export class LegalHoldsService {
  constructor(
    private readonly reader: LegalHoldsReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.invalid` for what is not in the space, `request.not_found` for a space that is
   * missing or being deleted
   */
  async place(caller: Caller, asked: HoldRequest): Promise<LegalHold> {
    if (!isId(asked.searchSpaceId)) throw DomainError.notFound('search space');
    const hold: LegalHold = {
      ...asked,
      id: newId(),
      placedBy: caller.userId,
      placedAt: this.clock.now(),
      lifted: null,
    };
    assertTarget(hold);
    await this.unitOfWork.run(async (scope) => {
      const holds = scope.get(LegalHoldsRepository);
      if (!(await holds.add(hold))) throw DomainError.notFound('search space');
      // After the lock of the hold, so that nothing it names is deleted in between.
      if (await holds.hasStrangers(hold)) throw notOfTheSpace(hold);
      await scope.get(AuditTrail).record({
        action: 'legal_hold.placed',
        target: { type: 'legal_hold', id: hold.id },
        searchSpaceId: hold.searchSpaceId,
        after: toHoldState(hold),
      });
    });
    return hold;
  }

  /** @throws DomainError `request.not_found`; `request.conflict` when it was lifted before */
  async lift(caller: Caller, searchSpaceId: string, id: string, reason: string) {
    const hold = isId(id) ? await this.reader.find(id) : null;
    if (hold?.searchSpaceId !== searchSpaceId.toLowerCase())
      throw DomainError.notFound('legal hold');
    const lifted = { by: caller.userId, at: this.clock.now(), reason };
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(LegalHoldsRepository).lift(hold.id, lifted))) throw alreadyLifted();
      await scope.get(AuditTrail).record({
        action: 'legal_hold.lifted',
        target: { type: 'legal_hold', id: hold.id },
        searchSpaceId: hold.searchSpaceId,
        before: toHoldState(hold),
        after: { lift_reason: reason },
      });
    });
    return { ...hold, lifted };
  }

  /** Newest first, lifted ones too; null = of all spaces. One more than the limit when there are more. */
  list(searchSpaceId: string | null, page: PageRequest): Promise<LegalHold[]> {
    return this.reader.list(searchSpaceId, page);
  }
}

function assertTarget(hold: LegalHold): void {
  const named = {
    collection: hold.collectionId,
    user: hold.userId,
    generations: hold.generationIds,
  };
  for (const [scope, value] of Object.entries(named)) {
    if ((scope === hold.scope) === (value !== null)) continue;
    throw DomainError.invalid(
      scope === 'generations' ? 'generation_ids' : `${scope}_id`,
      scope === hold.scope ? 'is what this scope needs' : 'belongs to another scope; leave it out',
    );
  }
  if (hold.madeFrom && hold.madeTo && hold.madeFrom >= hold.madeTo) {
    throw DomainError.invalid('to', 'must be later than from');
  }
}

function notOfTheSpace({ scope }: LegalHold): DomainError {
  const field = scope === 'generations' ? 'generation_ids' : 'collection_id';
  return DomainError.invalid(field, 'names what is not in this search space');
}

function alreadyLifted(): DomainError {
  return new DomainError('request.conflict', 'The hold was lifted before. Place a new one.');
}
