import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { CollectionsService } from '../../spaces/collections.service.js';
import { BeginUploadService } from '../library/begin-upload.service.js';
import { CompleteUploadService } from '../library/complete-upload.service.js';
import { OpenUploads } from '../library/open-uploads.js';
import type { UploadedMediaDto } from './media.dto.js';
import { MediaViews } from './media-views.js';
import {
  type BeginUploadDto,
  toUploadAddress,
  toUploadWish,
  type UploadAddressDto,
} from './uploads.dto.js';

/** Uploads that clients bring by themselves: from their bodies to 201. */
@Injectable()
export class OwnUploads {
  constructor(
    private readonly collections: CollectionsService,
    private readonly beginnings: BeginUploadService,
    private readonly completions: CompleteUploadService,
    private readonly open: OpenUploads,
    private readonly views: MediaViews,
  ) {}

  /** @throws DomainError as BeginUploadService.begin, OpenUploads.begin; naming collection_id */
  async begin(
    { userId }: Caller,
    searchSpaceId: string,
    body: BeginUploadDto,
  ): Promise<UploadAddressDto> {
    const wish = toUploadWish(searchSpaceId, userId, body);
    if (wish.collectionId !== null) {
      await this.collections.assertInSpace(searchSpaceId, wish.collectionId);
    }
    await this.open.begin(wish);
    try {
      return toUploadAddress(await this.beginnings.begin(wish));
    } catch (error) {
      this.open.end(wish);
      throw error;
    }
  }

  /** @throws DomainError as CompleteUploadService.complete */
  async complete(caller: Caller, token: string, reply: FastifyReply): Promise<UploadedMediaDto> {
    const { assets, isReplay } = await this.completions.complete(caller, token);
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    return { data: await this.views.toDtos(assets) };
  }
}
