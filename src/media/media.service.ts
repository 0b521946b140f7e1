import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import type { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import {
  type AssetRole,
  type MediaAsset,
  type ReleasedBlob,
  toMediaType,
} from './domain/media-asset.js';
import { mediaBytesLost, mediaBytesMissing } from './domain/media.errors.js';
import { MediaRepository } from './domain/media.repository.port.js';
import { type ByteRange, MediaStorage, type StoredBytes } from './domain/media-storage.strategy.js';
import {
  parseIncomingName,
  type StageTarget,
  toIncomingName,
  toStorageKey,
} from './domain/storage-key.js';
import { GroupCommit } from './group-commit.js';
import { type IntakeResult, MediaIntake } from './media-intake.js';
import { MediaReaper } from './media-reaper.js';
import { MediaRecovery } from './media-recovery.js';
import type { PictureEdit } from './rewrite/picture-edit.js';

/** Callers whose rows are committed together. */
const BATCH_MAX = 256;

/** A picture that is complete and checked, but has no row yet. Gone after a day unless it is recorded. */
export interface StagedMedia extends IntakeResult {
  target: StageTarget;
  mediaType: string;
}

export interface RecordItem {
  staged: StagedMedia;
  seed?: number | null;
  /** Id of the asset, where it had to be known before; default: a new one. */
  id?: string;
}

/** The door of the room: pictures in, rows and bytes kept together, pictures out. */
@Injectable()
export class MediaService {
  private readonly rows: GroupCommit<MediaAsset[], ReadonlySet<string>>;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly storage: MediaStorage,
    private readonly repository: MediaRepository,
    private readonly recovery: MediaRecovery,
    private readonly reaper: MediaReaper,
  ) {
    this.rows = new GroupCommit((members) => this.commit(members), BATCH_MAX);
  }

  /**
   * Streams a picture in, checked, measured and hashed on the way; nothing stays of one that is refused.
   * Staging for the same target again replaces what was there, until it is recorded.
   * @param options `bytesMax` may only narrow FILE_LIMIT_BYTES; `edit` is what is done to the picture, by default all
   *   that is not the picture is taken out of it.
   * @throws DomainError `media.type_refused`, `media.too_large`, `media.unreadable`, and what the source throws.
   */
  async stage(
    target: StageTarget,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: { bytesMax?: number; edit?: PictureEdit } = {},
  ): Promise<StagedMedia> {
    const { fileLimitBytes, pixelsMax } = this.config.media;
    const bytesMax = Math.min(options.bytesMax ?? fileLimitBytes, fileLimitBytes);
    const intake = new MediaIntake({ bytesMax, pixelsMax }, options.edit ?? { kind: 'clean' });
    await this.storage.stage(toIncomingName(target), intake.pass(source));
    const result = intake.result();
    return { ...result, target, mediaType: toMediaType(result.format) };
  }

  /** Reads a staged picture, any number of times. */
  async openStaged({ target }: StagedMedia): Promise<StoredBytes> {
    const bytes = await this.storage.openIncoming(toIncomingName(target));
    if (!bytes) throw mediaBytesMissing();
    return bytes;
  }

  /** Drops staged pictures that will not be recorded. May be repeated. */
  async discard(staged: readonly StagedMedia[]): Promise<void> {
    for (const { target } of staged) await this.storage.discard(toIncomingName(target));
  }

  /**
   * Makes staged pictures permanent: rows first, in one durable step shared with other callers, then the bytes.
   * After a crash in between, `recover` finishes it. May be repeated: what is already there is answered again.
   * @returns the assets in the order of the items.
   */
  async record(searchSpaceId: string, items: readonly RecordItem[]): Promise<MediaAsset[]> {
    const wanted = items.map((item) => this.toAsset(searchSpaceId, item));
    const added = await this.rows.add(wanted);
    const results = await Promise.allSettled(
      wanted.map(async (asset) => (added.has(asset.id) ? this.promote(asset) : this.replay(asset))),
    );
    // Only now may it throw: nothing is under way any more that a recovery could run into.
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  /**
   * Gives a generation a picture of the same space that is already stored, without copying it. From now on the bytes
   * stay when the generation they came from is deleted.
   * @throws DomainError `request.not_found` when they were deleted meanwhile, `media.bytes_lost` when they were not.
   */
  async adopt(source: MediaAsset, target: StageTarget, id = newId()): Promise<MediaAsset> {
    // Of a picture that was adopted itself, the source is the one that a model made.
    const sourceAssetId = source.sourceAssetId ?? source.id;
    const asset = { ...source, ...target, id, sourceAssetId, createdAt: this.clock.now() };
    const added = await this.rows.add([asset]);
    assert(added.has(asset.id), 'the place of an adopted picture is taken');
    if (await this.storage.stat(toStorageKey(asset))) return asset;
    await this.recovery.drop([asset]);
    throw await this.toMissing(source);
  }

  /** See MediaRecovery.recover. */
  async recover(attemptId: string): Promise<MediaAsset[]> {
    return this.recovery.recover(attemptId);
  }

  /** See MediaRecovery.sweepIncoming. */
  async sweepIncoming(): Promise<number> {
    return this.recovery.sweepIncoming();
  }

  /** Of many generations in one question, by generation and index. */
  async findAssets(
    generationIds: readonly string[],
    role: AssetRole = 'output',
  ): Promise<MediaAsset[]> {
    return generationIds.length === 0 ? [] : this.repository.findByGenerations(generationIds, role);
  }

  async findAsset(searchSpaceId: string, assetId: string): Promise<MediaAsset | null> {
    return this.repository.findInSpace(searchSpaceId, assetId);
  }

  /**
   * Reads a stored picture. Whoever opens it must read or destroy the stream.
   * @throws DomainError `request.not_found` when it was deleted meanwhile, `media.bytes_lost` when it was not.
   */
  async openAsset(asset: MediaAsset, range?: ByteRange): Promise<StoredBytes> {
    const key = toStorageKey(asset);
    const stored = await this.storage.open(key, range);
    if (stored) return stored;
    // A crash may have come between its row and its bytes.
    const late = (await this.recovery.secure(asset)) ? await this.storage.open(key, range) : null;
    if (!late) throw await this.toMissing(asset);
    return late;
  }

  /** The same as a stream that opens the picture when it is first read, for vendor calls. */
  readAsset(asset: MediaAsset): Readable {
    const open = async () => (await this.openAsset(asset)).stream;
    return Readable.from(
      (async function* () {
        yield* await open();
      })(),
      { objectMode: false },
    );
  }

  /** Deletes released bytes at once where possible; the outbox does the rest. Never throws. */
  async purge(released: readonly ReleasedBlob[]): Promise<void> {
    await this.reaper.reapNow(released);
  }

  /** Why there are no bytes: the picture is gone, or its record stands and the store has lost them. */
  private async toMissing({ searchSpaceId, id }: MediaAsset): Promise<DomainError> {
    const row = await this.repository.findInSpace(searchSpaceId, id);
    return row ? mediaBytesLost(id) : mediaBytesMissing();
  }

  private async commit(members: readonly MediaAsset[][]): Promise<ReadonlySet<string>[]> {
    const added = new Set(await this.repository.record(members.flat()));
    return members.map(() => added);
  }

  private async promote(asset: MediaAsset): Promise<MediaAsset> {
    const isThere = await this.storage.promote(toIncomingName(asset), toStorageKey(asset));
    assert(isThere, 'a staged picture was gone before it was recorded');
    // As it is read again: what it was given as is for the row alone.
    const { givenSha256: _given, ...kept } = asset;
    return kept;
  }

  /** The place is taken: by the same call before a crash, or by one whose bytes were lost with it. */
  private async replay(asset: MediaAsset): Promise<MediaAsset> {
    const name = parseIncomingName(toIncomingName(asset));
    const existing = name && (await this.repository.findByIncomingName(name));
    if (existing && (await this.recovery.secure(existing))) return existing;
    if (existing) await this.recovery.drop([existing]);
    const added = await this.rows.add([asset]);
    assert(added.has(asset.id), 'the place of a picture is taken by another call');
    return this.promote(asset);
  }

  private toAsset(searchSpaceId: string, { staged, seed, id }: RecordItem): MediaAsset {
    return {
      ...staged.target,
      id: id ?? staged.target.id ?? newId(),
      searchSpaceId,
      sha256: staged.sha256,
      format: staged.format,
      widthPx: staged.widthPx,
      heightPx: staged.heightPx,
      sizeBytes: staged.sizeBytes,
      sourceAssetId: null,
      linksVersion: 1,
      givenSha256: staged.target.role === 'output' ? null : (staged.givenSha256 ?? null),
      seed: Number.isSafeInteger(seed) ? (seed ?? null) : null,
      createdAt: this.clock.now(),
    };
  }
}
