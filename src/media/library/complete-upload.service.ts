import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { AccessService } from '../../rbac/access.service.js';
import { MediaStorage, type StoredBytes } from '../domain/media-storage.strategy.js';
import {
  COMPLETE_GRACE_MS,
  type PendingUpload,
  toUploadKey,
  uploadEmpty,
  uploadEnded,
  uploadExpired,
  uploadNotFound,
} from '../domain/pending-upload.js';
import { toBroughtName } from '../domain/storage-key.js';
import type { StagedMedia } from '../media.service.js';
import { StorageRoom } from '../storage-room.js';
import {
  type UploadClaimant,
  UploadPicturesService,
  type UploadResult,
} from './upload-pictures.service.js';
import { UploadTokens } from './upload-tokens.js';

/** Keeps what clients brought by themselves, by the same intake as all other uploads. */
@Injectable()
export class CompleteUploadService {
  private readonly logger = new Logger(CompleteUploadService.name);

  constructor(
    private readonly clock: Clock,
    private readonly access: AccessService,
    private readonly storage: MediaStorage,
    private readonly uploads: UploadPicturesService,
    private readonly room: StorageRoom,
    private readonly tokens: UploadTokens,
  ) {}

  /**
   * May be repeated, by several at once too: one picture is kept, and all are answered with it. What is refused for
   * its bytes ends the upload.
   * @throws DomainError `request.not_found` for one that is missing, somebody else's or over; `request.conflict` when
   * nothing was brought, or what was brought was refused; `storage.quota_exceeded`; `media.…`, `request.invalid` for the
   * bytes; as AccessService.assertPermission
   */
  async complete(caller: Caller, token: string): Promise<UploadResult> {
    const upload = this.tokens.read(token);
    if (!upload || upload.userId !== caller.userId) throw uploadNotFound();
    const { searchSpaceId } = upload;
    await this.access.assertPermission(caller, searchSpaceId, 'image_generations:create');
    const known = await this.replay(upload);
    if (known) return known;
    const endsAtMs = upload.expiresAt.getTime() + COMPLETE_GRACE_MS;
    if (endsAtMs <= this.clock.now().getTime()) throw uploadExpired();
    await this.room.assertRoom(searchSpaceId, upload.sizeBytes);
    const brought = await this.storage.openIncoming(toBroughtName(upload.id));
    // Somebody may have completed it in between.
    if (!brought) return (await this.replay(upload)) ?? raise(uploadEmpty());
    return this.keep(upload, brought);
  }

  private async keep(upload: PendingUpload, brought: StoredBytes): Promise<UploadResult> {
    const staged = await this.stage(upload, brought);
    const { searchSpaceId, collectionId, fileName } = upload;
    const picture = { staged, fileName };
    const claimed = { searchSpaceId, collectionId, pictures: [picture], ...toClaimant(upload) };
    const result = await this.uploads.keep(claimed);
    await this.drop(upload);
    if (result.assets.length === 0) throw uploadEnded();
    return result;
  }

  private async replay(upload: PendingUpload): Promise<UploadResult | null> {
    const assets = await this.uploads.findKept(toClaimant(upload));
    if (assets === null) return null;
    // An address of a bucket takes bytes until it expires.
    await this.drop(upload);
    if (assets.length === 0) throw uploadEnded();
    return { assets, isReplay: true };
  }

  private async stage(upload: PendingUpload, { stream, sizeBytes }: StoredBytes) {
    try {
      if (sizeBytes !== upload.sizeBytes) {
        if (stream instanceof Readable) stream.destroy();
        throw DomainError.invalid(
          'bytes',
          `is not what came, which is ${sizeBytes} bytes: begin a new upload`,
        );
      }
      return await this.stageTold(upload, stream);
    } catch (error) {
      const isForItsBytes = error instanceof DomainError && error.code !== 'service.unavailable';
      if (isForItsBytes) await this.end(upload);
      throw error;
    }
  }

  private async stageTold(
    { sha256, fileName }: PendingUpload,
    stream: StoredBytes['stream'],
  ): Promise<StagedMedia> {
    const staged = await this.uploads.stage(stream);
    if (sha256 === null || sha256 === staged.givenSha256) return staged;
    await this.uploads.discard([{ staged, fileName }]);
    throw DomainError.invalid('sha256', 'is not that of what came: begin a new upload');
  }

  /** Whatever is brought to it later: the next attempt is an upload of its own. */
  private async end(upload: PendingUpload): Promise<void> {
    await this.uploads.refuse(upload.searchSpaceId, toClaimant(upload));
    await this.drop(upload);
  }

  /** Never throws: the sweep drops what stays. */
  private async drop({ id }: PendingUpload): Promise<void> {
    await this.storage
      .discard(toBroughtName(id))
      .catch((error: unknown) =>
        this.logger.warn(`what was brought to an upload stays until the sweep: ${String(error)}`),
      );
  }
}

/** One upload is one claim of whoever began it, whatever was brought to it. */
function toClaimant(upload: PendingUpload): UploadClaimant {
  const caller = { id: upload.userId, userId: upload.userId };
  return { caller, idempotencyKey: toUploadKey(upload), fingerprint: 'upload' };
}

function raise(error: DomainError): never {
  throw error;
}
