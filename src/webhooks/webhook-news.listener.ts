import { Injectable, type OnModuleInit } from '@nestjs/common';
import { v5 as toNamedId } from 'uuid';
import { type DeliveredEvent, OutboxHandlers } from '../persistence/outbox-handlers.js';
import { DeliveriesStore } from './domain/deliveries.store.port.js';
import { NEWS_KINDS, toNews } from './domain/webhook-events.js';
import { WebhookSignal } from './webhook-signal.js';

/** Makes of an event of the outbox one delivery for each endpoint that asked for it; told again, there are no more. */
@Injectable()
export class WebhookNewsListener implements OnModuleInit {
  constructor(
    private readonly handlers: OutboxHandlers,
    private readonly store: DeliveriesStore,
    private readonly signal: WebhookSignal,
  ) {}

  onModuleInit(): void {
    for (const kind of NEWS_KINDS) {
      this.handlers.on(kind, 'webhooks.news', (event) => this.fanOut(event));
    }
  }

  private async fanOut({ id, kind, searchSpaceId, payload, createdAt }: DeliveredEvent) {
    if (searchSpaceId === null) return;
    let added = 0;
    for (const [place, { event, data }] of toNews(kind, payload).entries()) {
      // What is told in two ways is two messages, whose ids are always the same.
      const eventId = place === 0 ? id : toNamedId(event, id);
      const message = { eventId, event, data, occurredAt: createdAt };
      added += await this.store.fanOut(searchSpaceId, message);
    }
    if (added > 0) this.signal.nudge();
  }
}
