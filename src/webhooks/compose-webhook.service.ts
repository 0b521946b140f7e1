import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { GenerationLinks } from '../generations/generation-links.js';
import type { GenerationView } from '../generations/generation-view.js';
import { ViewGenerationsService } from '../generations/view-generations.service.js';
import { toMediaType } from '../media/domain/media-asset.js';
import type { ClaimedDelivery } from './domain/delivery.js';
import { isOfGeneration } from './domain/webhook-events.js';

/** Of a body, with everything in it. */
export const BODY_BYTES_MAX = 65_536;

type Data = Readonly<Record<string, unknown>>;

/** Writes the body of a message at the moment it is sent: links to pictures then live their whole life. */
@Injectable()
export class ComposeWebhookService {
  constructor(
    private readonly generations: ViewGenerationsService,
    private readonly links: GenerationLinks,
  ) {}

  /** JSON of at most `BODY_BYTES_MAX` bytes; null when there is no way to write it in so many. */
  async compose(delivery: ClaimedDelivery): Promise<string | null> {
    const { event, data, searchSpaceId } = delivery;
    const facts = { search_space_id: searchSpaceId, ...data };
    const view = isOfGeneration(event) ? await this.findGeneration(data) : null;
    const whole = this.write(delivery, facts, view, delivery.includesPrompt);
    if (isShort(whole)) return whole;
    const brief = this.write(delivery, facts, view, false);
    return isShort(brief) ? brief : null;
  }

  private write(
    { event, occurredAt }: ClaimedDelivery,
    facts: Data,
    view: GenerationView | null,
    hasPrompt: boolean,
  ): string {
    const head = { type: event, timestamp: occurredAt.toISOString() };
    if (event === 'try_on.created') return JSON.stringify(this.toTryOn(head, facts, view));
    if (!isOfGeneration(event)) return JSON.stringify({ ...head, data: facts });
    const more = view
      ? this.toRecord(view, hasPrompt)
      : { collection_id: null, images: [], error: null };
    return JSON.stringify({ ...head, data: { ...facts, ...more } });
  }

  private toRecord({ generation, images }: GenerationView, hasPrompt: boolean): Data {
    const { error } = generation;
    return {
      collection_id: generation.collectionId,
      ...(hasPrompt && { prompt: generation.prompt }),
      images: images.map((image) => ({
        index: image.index,
        url: this.links.toUrl(generation, image),
        media_type: toMediaType(image.format),
        width: image.widthPx,
        height: image.heightPx,
        bytes: image.sizeBytes,
        sha256: image.sha256,
      })),
      error: error && { code: error.code, message: error.message },
    };
  }

  /** The five fields stand at the top as well, where receivers of the service before this one look for them. */
  private toTryOn(head: Data, facts: Data, view: GenerationView | null): Data {
    const [first] = view?.images ?? [];
    const imageUrl = view && first ? this.links.toUrl(view.generation, first) : null;
    const { user_id, used_credits, catalog_id, latency_ms } = facts;
    const report = { user_id, used_credits, catalog_id, image_url: imageUrl, latency_ms };
    return { ...head, ...report, data: { ...facts, image_url: imageUrl } };
  }

  /** Null when it was deleted meanwhile. */
  private async findGeneration(data: Data): Promise<GenerationView | null> {
    try {
      return await this.generations.get(String(data.generation_id));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'request.not_found') return null;
      throw error;
    }
  }
}

function isShort(body: string): boolean {
  return Buffer.byteLength(body) <= BODY_BYTES_MAX;
}
