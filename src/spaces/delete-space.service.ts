import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { isId } from '../common/ids.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { JobQueue } from '../queue/job-queue.port.js';
import { AccessService } from '../rbac/access.service.js';
import { SpaceDeletions } from './domain/space-deletions.port.js';
import { deletionNotQueued, spaceBeingDeleted } from './domain/spaces.errors.js';
import { SpacesReader } from './domain/spaces.reader.port.js';

/** By then no process answers from what it knew of the space before. */
const BEGIN_AFTER_MS = 2_500;
/** Tries of one job; after them the reconciler goes on. */
const ATTEMPTS_MAX = 5;
const BACKOFF_MS = 2_000;

/** Marks spaces for deletion and hands them to the job. */
@Injectable()
export class DeleteSpaceService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly spaces: SpacesReader,
    private readonly access: AccessService,
    private readonly queue: JobQueue,
  ) {}

  /**
   * The space and its keys stop at once; a job removes what is in it.
   * @returns the id as it is stored.
   * @throws DomainError `request.not_found` for outsiders, `rbac.permission_denied`, `request.conflict` when it is
   * being deleted already, `service.unavailable` when the queue does not take the job; then nothing has changed
   */
  async request(caller: Caller, writtenId: string): Promise<string> {
    if (isId(writtenId) && (await this.spaces.isDeletingFor(caller.userId, writtenId))) {
      throw spaceBeingDeleted();
    }
    const { searchSpaceId } = await this.access.assertPermission(
      caller,
      writtenId,
      'settings:delete',
    );
    await this.mark(searchSpaceId);
    try {
      const options = { delayMs: BEGIN_AFTER_MS, attemptsMax: ATTEMPTS_MAX, backoffMs: BACKOFF_MS };
      await this.queue.enqueue('spaces.delete', searchSpaceId, options);
    } catch (error) {
      await this.takeBack(searchSpaceId, error);
    }
    return searchSpaceId;
  }

  private async mark(searchSpaceId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      await scope.get(AuditTrail).record({
        action: 'space.deletion_requested',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
      });
      if (!(await scope.get(SpaceDeletions).mark(searchSpaceId))) throw spaceBeingDeleted();
    });
  }

  /** A queue that failed may have taken the job all the same: once that has begun, the deletion stands. */
  private async takeBack(searchSpaceId: string, cause: unknown): Promise<void> {
    const isBack = await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(SpaceDeletions).unmark(searchSpaceId))) return false;
      await scope.get(AuditTrail).record({
        action: 'space.deletion_undone',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        after: { reason: 'the queue did not take the job' },
      });
      return true;
    });
    if (isBack) throw deletionNotQueued(cause);
  }
}
