import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { isConcluded } from '../generations/domain/generation.js';
import { EndGenerationService } from '../generations/end-generation.service.js';
import type { GenerationView } from '../generations/generation-view.js';
import { ViewGenerationsService } from '../generations/view-generations.service.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import type { Consent } from './domain/consent.js';
import { ConsentsReader } from './domain/consents.reader.port.js';
import { ConsentsRepository } from './domain/consents.repository.port.js';

/** The records of why persons were shown, and their end. */
@Injectable()
export class ConsentsService {
  constructor(
    private readonly consents: ConsentsReader,
    private readonly access: AccessService,
    private readonly views: ViewGenerationsService,
    private readonly ends: EndGenerationService,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  list(searchSpaceId: string, page: PageRequest): Promise<Consent[]> {
    return this.consents.listOfSpace(searchSpaceId, page);
  }

  /**
   * Deletes the try-on with the picture of the person and everything that was made of it, and marks the record. What
   * runs is stopped first. May be repeated.
   * @throws DomainError `request.not_found`; `request.conflict` while the try-on does not stop
   */
  async withdraw(caller: Caller, id: string): Promise<Consent> {
    const consent = await this.getFor(caller, id, 'settings:update');
    const view = await this.findStopped(consent.generationId);
    const mark = (scope: WorkScope) => this.mark(scope, consent, caller);
    if (view) await this.ends.remove(view, mark);
    else if (!consent.withdrawnAt) await this.unitOfWork.run(mark);
    return this.getFor(caller, id, 'settings:update');
  }

  private async getFor(caller: Caller, id: string, permission: Permission): Promise<Consent> {
    const consent = isId(id) ? await this.consents.find(id) : null;
    const access = consent && (await this.access.findAccess(caller, consent.searchSpaceId));
    if (!consent || !access) throw DomainError.notFound('consent');
    await this.access.assertPermission(caller, consent.searchSpaceId, permission);
    return consent;
  }

  /** Null = it was deleted before. */
  private async findStopped(generationId: string): Promise<GenerationView | null> {
    const view = await this.find(generationId);
    if (!view || isConcluded(view.generation.status)) return view;
    await this.ends.cancel(view).catch((error: unknown) => {
      // It may have ended by itself in between.
      if (!(error instanceof DomainError && error.code === 'generations.not_cancelable'))
        throw error;
    });
    return this.find(generationId);
  }

  private async find(generationId: string): Promise<GenerationView | null> {
    try {
      return await this.views.get(generationId);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'request.not_found') return null;
      throw error;
    }
  }

  private async mark(scope: WorkScope, consent: Consent, caller: Caller): Promise<void> {
    const now = this.clock.now();
    if (!(await scope.get(ConsentsRepository).withdraw(consent.id, caller.userId, now))) return;
    await scope.get(AuditTrail).record({
      action: 'try_on_consent.withdrawn',
      target: { type: 'try_on_consent', id: consent.id },
      searchSpaceId: consent.searchSpaceId,
      before: { generation_id: consent.generationId, basis: consent.basis },
    });
  }
}
