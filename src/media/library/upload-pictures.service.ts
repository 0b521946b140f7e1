import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { newId } from '../../common/ids.js';
import { AnalysePicturesService } from '../analysis/analyse-pictures.service.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { MediaLibrary, type UploadClaim } from '../domain/media-library.port.js';
import { MediaStorage } from '../domain/media-storage.strategy.js';
import { toIncomingName, toStorageKey } from '../domain/storage-key.js';
import { MediaService, type StagedMedia } from '../media.service.js';
import { StorageRoom } from '../storage-room.js';

export const CLAIMS_KEPT_MS = 24 * 60 * 60_000;

/** A picture that came, cleaned and complete, and is not kept yet. */
export interface UploadedPicture {
  staged: StagedMedia;
  fileName: string | null;
}

/** Whose promise it is not to do twice what one key stands for. */
export interface UploadClaimant {
  caller: Pick<Caller, 'id' | 'userId'>;
  idempotencyKey: string | null;
  /** What the key stands for; default: what was brought, and where to. */
  fingerprint?: string;
}

export interface Upload extends UploadClaimant {
  searchSpaceId: string;
  collectionId: string | null;
  /** In their order. */
  pictures: readonly UploadedPicture[];
}

export interface UploadResult {
  assets: MediaAsset[];
  /** Whether they were kept by an earlier request with the same key. */
  isReplay: boolean;
}

/** Keeps pictures that people bring: all of a request or none. */
@Injectable()
export class UploadPicturesService {
  private readonly logger = new Logger(UploadPicturesService.name);

  constructor(
    private readonly media: MediaService,
    private readonly library: MediaLibrary,
    private readonly storage: MediaStorage,
    private readonly clock: Clock,
    private readonly analyses: AnalysePicturesService,
    private readonly room: StorageRoom,
  ) {}

  /**
   * Streams one picture in: bounded, told by its content, cleaned of all that is not the picture.
   * @throws DomainError `media.…`, and what the source throws
   */
  stage(bytes: AsyncIterable<Uint8Array>, id = newId()): Promise<StagedMedia> {
    const target = { id, generationId: null, attemptId: null, role: 'upload', index: 0 } as const;
    return this.media.stage(target, bytes);
  }

  /**
   * Rows and claim in one durable step, then the bytes; a crash in between is made good when they are opened.
   * @throws DomainError `storage.quota_exceeded`; `idempotency.…`; `request.…` for what was deleted meanwhile
   */
  async keep(upload: Upload): Promise<UploadResult> {
    const now = this.clock.now();
    const assets = upload.pictures.map((picture) => toAsset(upload, picture, now));
    const claim = toClaim(upload, assets, now);
    const keptFrom = new Date(now.getTime() - CLAIMS_KEPT_MS);
    if (!(await this.add(upload, assets, claim, keptFrom))) {
      await this.discard(upload.pictures);
      assert(claim, 'uploads without a key were refused for it');
      return { assets: await this.replay(claim), isReplay: true };
    }
    for (const asset of assets) {
      const isThere = await this.storage.promote(toIncomingName(asset), toStorageKey(asset));
      assert(isThere, 'an uploaded picture was gone before it was kept');
    }
    await Promise.all(
      assets.map((one) => this.analyses.tryAnalyse({ ...one, storageKey: toStorageKey(one) })),
    );
    return { assets, isReplay: false };
  }

  /**
   * What the key was used for; none where that was refused. Null = nothing.
   * @throws DomainError `idempotency.answer_gone` when it was deleted since
   */
  async findKept({ caller, idempotencyKey: key }: UploadClaimant): Promise<MediaAsset[] | null> {
    const claim = key === null ? null : await this.library.findClaim(caller.id, key);
    return claim && this.findAll(claim);
  }

  /** From now on the key stands for nothing. May be repeated; changes nothing where something was kept. */
  async refuse(searchSpaceId: string, claimant: UploadClaimant): Promise<void> {
    const now = this.clock.now();
    const claim = toClaim(
      { ...claimant, searchSpaceId, collectionId: null, pictures: [] },
      [],
      now,
    );
    await this.library.addUploads([], claim, new Date(now.getTime() - CLAIMS_KEPT_MS));
  }

  /** Drops what will not be kept. May be repeated; never throws. */
  async discard(pictures: readonly UploadedPicture[]): Promise<void> {
    try {
      await this.media.discard(pictures.map(({ staged }) => staged));
    } catch (error) {
      // The sweep of incoming pictures removes them later.
      this.logger.warn(`pictures of a refused upload were left behind: ${String(error)}`);
    }
  }

  private async add(
    upload: Upload,
    assets: readonly MediaAsset[],
    claim: UploadClaim | null,
    keptFrom: Date,
  ): Promise<boolean> {
    try {
      const known = claim && (await this.library.findClaim(claim.callerId, claim.key));
      if (known && known.createdAt >= keptFrom) return false;
      const sizeBytes = assets.reduce((sum, asset) => sum + asset.sizeBytes, 0);
      return await this.room.keepWithin(upload.searchSpaceId, sizeBytes, () =>
        this.library.addUploads(assets, claim, keptFrom),
      );
    } catch (error) {
      // After any other failure the rows may be there all the same, and need their bytes.
      if (error instanceof DomainError) await this.discard(upload.pictures);
      throw error;
    }
  }

  private async replay({ callerId, key, fingerprint }: UploadClaim): Promise<MediaAsset[]> {
    const claim = await this.library.findClaim(callerId, key);
    if (claim && claim.fingerprint !== fingerprint) {
      throw new DomainError(
        'idempotency.key_reused',
        'This Idempotency-Key was used with another request. Use a new key.',
      );
    }
    if (!claim) throw answerGone();
    return this.findAll(claim);
  }

  /** In their order. */
  private async findAll({ assetIds }: UploadClaim): Promise<MediaAsset[]> {
    const found = assetIds.length === 0 ? [] : await this.library.findAll(assetIds);
    const byId = new Map(found.map((asset) => [asset.id, asset]));
    const assets = assetIds.flatMap((id) => byId.get(id) ?? []);
    if (assets.length < assetIds.length) throw answerGone();
    return assets;
  }
}

function answerGone(): DomainError {
  return new DomainError(
    'idempotency.answer_gone',
    'Pictures that the first request kept were deleted. Use a new key, or begin a new upload.',
  );
}

function toAsset(upload: Upload, { staged, fileName }: UploadedPicture, now: Date): MediaAsset {
  const { target } = staged;
  assert(target.id, 'an upload was staged without its id');
  return {
    ...target,
    id: target.id,
    searchSpaceId: upload.searchSpaceId,
    sha256: staged.sha256,
    format: staged.format,
    widthPx: staged.widthPx,
    heightPx: staged.heightPx,
    sizeBytes: staged.sizeBytes,
    givenSha256: staged.givenSha256 ?? null,
    seed: null,
    fileName,
    createdBy: upload.caller.userId,
    collectionId: upload.collectionId,
    createdAt: now,
  };
}

function toClaim(upload: Upload, assets: readonly MediaAsset[], now: Date): UploadClaim | null {
  const { caller, searchSpaceId, collectionId, pictures, idempotencyKey: key } = upload;
  if (key === null) return null;
  const told = pictures.map(({ staged, fileName }) => [staged.givenSha256, fileName]);
  const text = JSON.stringify([searchSpaceId, collectionId, told]);
  return {
    callerId: caller.id,
    key,
    searchSpaceId,
    fingerprint: upload.fingerprint ?? createHash('sha256').update(text).digest('hex'),
    assetIds: assets.map(({ id }) => id),
    createdAt: now,
  };
}
