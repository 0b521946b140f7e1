import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/domain/audit-trail.port.js';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { isId, newId } from '../../common/ids.js';
import { encodeCursor, type PageRequest } from '../../common/page.js';
import type { Permission } from '../../common/permission.js';
import { Outbox } from '../../persistence/outbox.port.js';
import { UnitOfWork } from '../../persistence/unit-of-work.port.js';
import { AccessService } from '../../rbac/access.service.js';
import type { MediaAsset } from '../domain/media-asset.js';
import {
  type LibraryFilter,
  MediaLibrary,
  MediaLibraryRepository,
} from '../domain/media-library.port.js';
import { MediaReleases } from '../domain/media-releases.port.js';
import { MediaReaper } from '../media-reaper.js';
import { MediaUses } from '../media-uses.js';

/** Kind of the outbox event; its payload is `{media_id, generation_id, role, index, sha256}`. */
export const MEDIA_DELETED = 'media.deleted';

/** All pictures of a space, whoever or whatever made them. */
@Injectable()
export class MediaLibraryService {
  constructor(
    private readonly library: MediaLibrary,
    private readonly access: AccessService,
    private readonly unitOfWork: UnitOfWork,
    private readonly reaper: MediaReaper,
    private readonly uses: MediaUses,
  ) {}

  /** Newest first. A page may hold fewer than asked for and yet have a next one, where a filter finds little. */
  async list(
    filter: LibraryFilter,
    { limit, after }: PageRequest,
  ): Promise<{ assets: MediaAsset[]; nextCursor: string | null }> {
    const { assets, nextAfter } = await this.library.list(filter, after, limit);
    return { assets, nextCursor: nextAfter && encodeCursor(nextAfter) };
  }

  /**
   * @throws DomainError `request.not_found` for a missing one and for one of a space the caller is not in alike;
   * `rbac.permission_denied`, `auth.scope_missing`
   */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<MediaAsset> {
    const asset = isId(id) ? await this.library.find(id) : null;
    const access = asset && (await this.access.findAccess(caller, asset.searchSpaceId));
    if (!asset || !access) throw DomainError.notFound('picture');
    await this.access.assertPermission(caller, asset.searchSpaceId, permission);
    return asset;
  }

  /**
   * Its bytes go unless another picture of the space has the same ones; a generation goes on without it.
   * @throws DomainError as `getFor`; `request.conflict` while a generation that has not ended works with it;
   * what the database says of a legal hold becomes `retention.held`
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const asset = await this.getFor(caller, id, 'image_generations:delete');
    if (await this.uses.isInUse(asset)) throw inUse();
    const released = await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(MediaLibraryRepository).lock(asset.id))) {
        throw DomainError.notFound('picture');
      }
      const blobs = await scope.get(MediaReleases).releaseAssets([asset.id]);
      const { searchSpaceId, generationId, role, index, sha256 } = asset;
      await scope.get(Outbox).append({
        id: newId(),
        kind: MEDIA_DELETED,
        searchSpaceId,
        payload: { media_id: asset.id, generation_id: generationId, role, index, sha256 },
      });
      await scope.get(AuditTrail).record({
        action: 'media.deleted',
        target: { type: 'media', id: asset.id },
        searchSpaceId,
        before: { role, generation_id: generationId, sha256, file_name: asset.fileName ?? null },
      });
      return blobs;
    });
    await this.reaper.reapNow(released);
  }
}

function inUse(): DomainError {
  return new DomainError(
    'request.conflict',
    'A generation that has not ended works with the picture. Wait for it or cancel it, then delete the picture.',
  );
}
