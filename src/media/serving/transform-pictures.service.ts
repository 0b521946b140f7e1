import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { toPlanText, type TransformPlan } from '../domain/transform-plan.js';
import { MediaService } from '../media.service.js';
import { DerivedCache } from './derived-cache.js';
import { makePicture, type MakeLimits, PIPELINE_VERSION } from './make-picture.js';
import type { PictureBytes } from './served-picture.js';
import { WorkLine } from './work-line.js';

const MS_PER_S = 1_000;

/** Makes pictures of stored pictures: once for all who ask at the same time, a few at once, and keeps them. */
@Injectable()
export class TransformPicturesService {
  private readonly line: WorkLine<PictureBytes>;
  private readonly limits: MakeLimits;

  constructor(
    private readonly media: MediaService,
    private readonly cache: DerivedCache,
    config: AppConfig,
  ) {
    const { transformsMax, transformsWaitingMax, transformTimeoutS } = config.serving;
    this.line = new WorkLine({
      runningMax: transformsMax,
      waitingMax: transformsWaitingMax,
      waitMs: transformTimeoutS * MS_PER_S,
    });
    this.limits = { pixelsMax: config.media.pixelsMax, timeoutS: transformTimeoutS };
  }

  /** 64 hexadecimal digits that name the bytes that come out, without making them. */
  toName(asset: MediaAsset, plan: TransformPlan): string {
    const fields = [asset.sha256, toPlanText(plan), PIPELINE_VERSION];
    return createHash('sha256').update(fields.join('\n')).digest('hex');
  }

  /** @throws DomainError `request.busy` (429), `media.unreadable`, `request.not_found` when the bytes are gone */
  async make(asset: MediaAsset, plan: TransformPlan): Promise<PictureBytes> {
    const name = this.toName(asset, plan);
    const kept = await this.cache.find(asset, name);
    return kept ?? this.line.run(`${asset.searchSpaceId} ${name}`, () => this.makeNow(asset, plan));
  }

  private async makeNow(asset: MediaAsset, plan: TransformPlan): Promise<PictureBytes> {
    const name = this.toName(asset, plan);
    // Made while this one waited for its turn.
    const kept = await this.cache.find(asset, name);
    if (kept) return kept;
    const made = await makePicture(await this.read(asset), plan, this.limits);
    return this.cache.keep(asset, name, made);
  }

  private async read(asset: MediaAsset): Promise<Buffer> {
    const { stream } = await this.media.openAsset(asset);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}
