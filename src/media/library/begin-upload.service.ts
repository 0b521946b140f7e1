import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { PublicUrl } from '../../http/public-url.js';
import { mediaTooLarge } from '../domain/media.errors.js';
import { MediaStorage, type UploadAddress } from '../domain/media-storage.strategy.js';
import type { PendingUpload } from '../domain/pending-upload.js';
import { toBroughtName } from '../domain/storage-key.js';
import { StorageRoom } from '../storage-room.js';
import { UploadTokens } from './upload-tokens.js';

const MS_PER_S = 1_000;

export type UploadWish = Omit<PendingUpload, 'expiresAt'>;

export interface BegunUpload {
  token: string;
  address: UploadAddress;
  expiresAt: Date;
}

/** Agrees on a picture that a client will bring by itself: to the store where that has addresses, else to this service. */
@Injectable()
export class BeginUploadService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly storage: MediaStorage,
    private readonly room: StorageRoom,
    private readonly tokens: UploadTokens,
    private readonly publicUrl: PublicUrl,
  ) {}

  /**
   * Nothing is stored for it. Whoever asks has asserted the caller's right.
   * @throws DomainError `media.too_large`, `storage.quota_exceeded`
   */
  async begin(wish: UploadWish): Promise<BegunUpload> {
    const { fileLimitBytes, uploadTtlS } = this.config.media;
    if (wish.sizeBytes > fileLimitBytes) throw mediaTooLarge(fileLimitBytes);
    await this.room.assertRoom(wish.searchSpaceId, wish.sizeBytes);
    const expiresAt = new Date(this.clock.now().getTime() + uploadTtlS * MS_PER_S);
    const token = this.tokens.sign({ ...wish, expiresAt });
    const { sizeBytes, mediaType } = wish;
    const terms = { sizeBytes, mediaType, expiresS: uploadTtlS };
    const address = await this.storage.presignUpload(toBroughtName(wish.id), terms);
    return { token, address: address ?? this.toOwnAddress(token, wish), expiresAt };
  }

  private toOwnAddress(token: string, { sizeBytes, mediaType }: UploadWish): UploadAddress {
    return {
      url: this.publicUrl.to(`/api/v1/media/uploads/${token}`),
      headers: { 'content-length': String(sizeBytes), 'content-type': mediaType },
    };
  }
}
