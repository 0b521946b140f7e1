import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { MediaAsset } from '../domain/media-asset.js';
import { PictureSender } from '../serving/picture-sender.js';
import { ServedPictures } from '../serving/served-pictures.js';

/** Sends the bytes of a picture to somebody who has shown that they may read it. */
@Injectable()
export class MediaContent {
  constructor(
    private readonly pictures: ServedPictures,
    private readonly sender: PictureSender,
  ) {}

  /** @throws DomainError `request.not_found` when the bytes are gone */
  async send(asset: MediaAsset, reply: FastifyReply): Promise<void> {
    // The right to read may end at any time, so each use asks; the hash answers for the bytes.
    await this.sender.send(this.pictures.ofAsset(asset, null), reply.request, reply);
  }
}
