import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { AppConfig } from '../../config/app-config.js';
import { toDomainError } from '../../http/to-domain-error.js';
import { type GenerationStatus, STATUSES } from '../domain/generation.js';
import { GenerationLinks } from '../generation-links.js';
import { type FeedEvent, JobFeed } from '../jobs/job-feed.js';
import { JobWatchService } from '../jobs/job-watch.service.js';
import { ViewGenerationsService } from '../view-generations.service.js';
import { toGenerationResponse } from './to-generation-response.js';

const MS_PER_S = 1_000;
const EVENTS_TYPE = 'text/event-stream; charset=utf-8';
const PING = ': ping\n\n';
/** Then the reader comes again with its credentials, so that what was revoked does not read on for long. */
const STREAM_LIFE_MS = 900_000;
/** How long a reader waits before it comes again. */
const RETRY_MS = 2_000;

/** One generation's events, as long as it has not ended. */
@Injectable()
export class JobEvents {
  constructor(
    private readonly config: AppConfig,
    private readonly watches: JobWatchService,
    private readonly views: ViewGenerationsService,
    private readonly links: GenerationLinks,
  ) {}

  /**
   * @param lastEventId `running.4`: what the reader saw last is not told again
   * @throws DomainError as ViewGenerationsService.getFor and JobWatchService.open, before anything was sent
   */
  async send(
    caller: Caller,
    generationId: string,
    lastEventId: string | undefined,
    reply: FastifyReply,
  ): Promise<void> {
    const { generation } = await this.views.getFor(caller, generationId, READ);
    // Who left while this was asked closes nothing any more, and would keep a place for good.
    if (reply.raw.destroyed) return;
    const { status, number } = parseEventId(lastEventId);
    const { feed, end } = this.watches.open(generation.id, caller.id, status);
    const tooLong = setTimeout(() => feed.close(), STREAM_LIFE_MS).unref();
    reply.raw.once('close', () => {
      clearTimeout(tooLong);
      end();
    });
    const events = this.write(caller, generation.id, feed, status ?? generation.status, number);
    void reply
      .type(EVENTS_TYPE)
      .headers({ 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' })
      .send(Readable.from(events, { objectMode: false, encoding: 'utf8' }));
  }

  private async *write(
    caller: Caller,
    generationId: string,
    feed: JobFeed,
    first: GenerationStatus,
    after: number,
  ): AsyncGenerator<string> {
    const pingMs = this.config.inference.pingS * MS_PER_S;
    let status = first;
    let number = after;
    yield `retry: ${RETRY_MS}\n\n`;
    for (;;) {
      const event = await feed.next(pingMs);
      if (event === null) {
        yield PING;
        continue;
      }
      if (event.kind === 'closed') return;
      if (event.kind === 'status') ({ status } = event);
      number += 1;
      const id = `${status}.${number}`;
      if (event.kind === 'ended') {
        yield await this.toEnd(caller, generationId, id);
        return;
      }
      yield toText(id, event.kind, toData(event));
    }
  }

  /** The record with fresh links, for whoever may still read it; what did not succeed is an error that holds it. */
  private async toEnd(caller: Caller, generationId: string, id: string): Promise<string> {
    try {
      const view = await this.views.getFor(caller, generationId, READ);
      const record = toGenerationResponse(view, this.links);
      const { error } = view.generation;
      const isDelivered = view.images.length > 0 || error === null;
      if (isDelivered) return toText(id, 'result', record);
      const { code, message } = error;
      return toText(id, 'error', { code, message, generation: record });
    } catch (thrown) {
      const { code, message } = toDomainError(thrown);
      return toText(id, 'error', { code, message, generation: null });
    }
  }
}

const READ = 'image_generations:read';
const ID_FORM = /^([a-z_]{1,30})\.(\d{1,9})$/;

/** What is no id of ours says nothing. */
export function parseEventId(text: string | undefined): {
  status: GenerationStatus | null;
  number: number;
} {
  const [, name, digits] = ID_FORM.exec(text ?? '') ?? [];
  const status = STATUSES.find((one) => one === name) ?? null;
  return status ? { status, number: Number(digits) } : { status: null, number: 0 };
}

function toData(event: Exclude<FeedEvent, { kind: 'ended' | 'closed' }>): object {
  switch (event.kind) {
    case 'status':
      return { status: event.status };
    case 'queue': {
      const { position, aheadInSpace, estimatedStartS } = event.queue;
      return {
        position,
        ahead_in_space: aheadInSpace,
        ...(estimatedStartS !== null && { estimated_start_s: estimatedStartS }),
      };
    }
    case 'progress':
      return event.progress;
    case 'preview':
      return { media_type: event.preview.mediaType, b64_json: event.preview.base64 };
  }
}

function toText(id: string, name: string, data: object): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
