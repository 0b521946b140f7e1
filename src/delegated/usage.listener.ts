import { Injectable, type OnModuleInit } from '@nestjs/common';
import { isId } from '../common/ids.js';
import { PublicUrl } from '../http/public-url.js';
import { MediaLinks } from '../media/media-links.js';
import { type DeliveredEvent, OutboxHandlers } from '../persistence/outbox-handlers.js';
import { DelegatedBackend } from './delegated-backend.js';
import { DelegatedUsersReader } from './domain/delegated-users.reader.port.js';

/** As the generations room writes it; that room stands above this one. */
const GENERATION_CONCLUDED = 'generation.concluded';

/**
 * Tells the backend what its users used, as the outbox tells of it: at least once, by the event's id. A report that
 * fails is made again later and, after the last attempt, stays behind as a dead event.
 */
@Injectable()
export class UsageListener implements OnModuleInit {
  constructor(
    private readonly handlers: OutboxHandlers,
    private readonly users: DelegatedUsersReader,
    private readonly backend: DelegatedBackend,
    private readonly links: MediaLinks,
    private readonly publicUrl: PublicUrl,
  ) {}

  onModuleInit(): void {
    this.handlers.on(GENERATION_CONCLUDED, 'delegated.usage', (event, signal) =>
      this.report(event, signal),
    );
  }

  private async report(event: DeliveredEvent, signal: AbortSignal): Promise<void> {
    const { payload } = event;
    const usedCredits = Number(payload.images);
    const createdBy = payload.created_by;
    if (!(usedCredits > 0) || !isId(createdBy)) return;
    const externalId = await this.users.findExternalId(createdBy);
    if (externalId === null) return;
    const catalogId = typeof payload.catalog_id === 'string' ? payload.catalog_id : null;
    const usage = {
      userId: externalId,
      usedCredits,
      catalogId,
      imageUrl: this.toImageUrl(event),
      latencyMs: Number(payload.latency_ms),
    };
    await this.backend.report(usage, event.id, signal);
  }

  /** A signed link to the first picture, made when the report is sent, so that it lives its whole life. */
  private toImageUrl({ payload, searchSpaceId }: DeliveredEvent): string {
    const id = String(payload.generation_id);
    const token = this.links.sign({
      generationId: id,
      searchSpaceId: String(searchSpaceId),
      index: 0,
      version: Number(payload.links_version),
    });
    return this.publicUrl.to(`/api/v1/image-generations/${id}/image?token=${token}&index=0`);
  }
}
