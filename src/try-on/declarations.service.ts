import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { AuditState } from '../audit/domain/audit-event.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { Declaration } from './domain/consent.js';
import { ConsentsReader } from './domain/consents.reader.port.js';
import { ConsentsRepository } from './domain/consents.repository.port.js';

/** What spaces declare of the persons in all their try-ons, for clients that cannot say it with each request. */
@Injectable()
export class DeclarationsService {
  constructor(
    private readonly consents: ConsentsReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Null = the space declares nothing. */
  find(searchSpaceId: string): Promise<Declaration | null> {
    return this.consents.findDeclaration(searchSpaceId);
  }

  declare(caller: Caller, searchSpaceId: string, textVersion: string): Promise<Declaration> {
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ConsentsRepository);
      const before = await repository.lockDeclaration(searchSpaceId);
      if (before?.textVersion === textVersion) return before;
      const declaration = {
        searchSpaceId,
        textVersion,
        declaredBy: caller.userId,
        declaredAt: this.clock.now(),
      };
      await repository.declare(declaration);
      await scope.get(AuditTrail).record({
        action: 'try_on_consent.declared',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: toState(before),
        after: toState(declaration),
      });
      return declaration;
    });
  }

  /** From now on; what was made by it stays as it was. */
  async revoke(searchSpaceId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ConsentsRepository);
      const before = await repository.lockDeclaration(searchSpaceId);
      if (!before) return;
      await repository.revoke(searchSpaceId);
      await scope.get(AuditTrail).record({
        action: 'try_on_consent.declaration_revoked',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: toState(before),
      });
    });
  }
}

function toState(declaration: Declaration | null): AuditState | null {
  return declaration && { text_version: declaration.textVersion };
}
