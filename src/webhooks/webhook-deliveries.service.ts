import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { type Delivery, REDELIVERED_MAX, WAITING_PER_ENDPOINT_MAX } from './domain/delivery.js';
import type { WebhookEndpoint } from './domain/webhook-endpoint.js';
import { TEST_EVENT } from './domain/webhook-events.js';
import {
  deliveryNotFound,
  deliveryUnderWay,
  tooManyWaiting,
  webhookDisabled,
  webhookNotFound,
} from './domain/webhooks.errors.js';
import { type DeliveryFilter, WebhooksReader } from './domain/webhooks.reader.port.js';
import { WebhooksRepository } from './domain/webhooks.repository.port.js';
import { WebhookSignal } from './webhook-signal.js';
import { WebhooksService } from './webhooks.service.js';

export interface Redelivered {
  count: number;
  /** Whether some that were given up may be left. */
  hasMore: boolean;
}

/** What an endpoint was sent: the log, tests, and sending again. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly reader: WebhooksReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly signal: WebhookSignal,
    private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit` when there are more. @throws DomainError as WebhooksService.getFor */
  async list(
    caller: Caller,
    id: string,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Delivery[]> {
    const { id: endpointId } = await this.webhooks.getFor(caller, id, 'settings:view');
    return this.reader.listDeliveries(endpointId, filter, page);
  }

  /**
   * Queues a test for this endpoint alone.
   * @throws DomainError as `getFor`; `request.conflict` while it is disabled, or as many wait as may
   */
  test(caller: Caller, id: string): Promise<Delivery> {
    return this.change(caller, id, 'webhook.tested', async (scope, endpoint) => {
      await assertRoom(scope, endpoint.id);
      const delivery = toTest(endpoint, this.clock.now());
      await scope.get(WebhooksRepository).addDelivery(delivery);
      return { result: delivery, after: { delivery_id: delivery.id } };
    });
  }

  /** With all attempts anew. @throws DomainError as `test`, and while it is being sent */
  redeliver(caller: Caller, id: string, deliveryId: string): Promise<Delivery> {
    return this.change(caller, id, 'webhook.redelivered', async (scope, endpoint) => {
      const repository = scope.get(WebhooksRepository);
      const isWellFormed = isId(deliveryId);
      const found = isWellFormed ? await repository.lockDelivery(endpoint.id, deliveryId) : null;
      if (!found) throw deliveryNotFound();
      if (found.claimedUntil !== null && found.claimedUntil > this.clock.now()) {
        throw deliveryUnderWay();
      }
      if (found.status !== 'pending') await assertRoom(scope, endpoint.id);
      await repository.redeliver(found.id);
      const queued = await repository.lockDelivery(endpoint.id, found.id);
      return { result: queued ?? found, after: { delivery_id: found.id } };
    });
  }

  /** The oldest dead ones, as many as one request may. @throws DomainError as `test` */
  redeliverDead(caller: Caller, id: string): Promise<Redelivered> {
    return this.change(caller, id, 'webhook.redelivered', async (scope, endpoint) => {
      const limit = Math.min(REDELIVERED_MAX, await assertRoom(scope, endpoint.id));
      const count = await scope.get(WebhooksRepository).redeliverDead(endpoint.id, limit);
      return { result: { count, hasMore: count === limit }, after: { deliveries: count } };
    });
  }

  private async change<T>(
    caller: Caller,
    id: string,
    action: string,
    work: (
      scope: WorkScope,
      endpoint: WebhookEndpoint,
    ) => Promise<{ result: T; after: Record<string, unknown> }>,
  ): Promise<T> {
    await this.webhooks.getFor(caller, id, 'settings:update');
    return this.unitOfWork.run(async (scope) => {
      const endpoint = await scope.get(WebhooksRepository).lock(id);
      if (!endpoint) throw webhookNotFound();
      if (!endpoint.isEnabled) throw webhookDisabled();
      const { result, after } = await work(scope, endpoint);
      const { searchSpaceId } = endpoint;
      const target = { type: 'webhook', id };
      await scope.get(AuditTrail).record({ action, target, searchSpaceId, after });
      scope.afterCommit(() => this.signal.nudge());
      return result;
    });
  }
}

/** How many more may wait: at least one. The endpoint is locked, so that nobody else adds by hand meanwhile. */
async function assertRoom(scope: WorkScope, endpointId: string): Promise<number> {
  const repository = scope.get(WebhooksRepository);
  const room =
    WAITING_PER_ENDPOINT_MAX -
    (await repository.countWaiting(endpointId, WAITING_PER_ENDPOINT_MAX));
  if (room <= 0) throw tooManyWaiting(WAITING_PER_ENDPOINT_MAX);
  return room;
}

function toTest({ id, searchSpaceId }: WebhookEndpoint, now: Date): Delivery {
  return {
    id: newId(),
    endpointId: id,
    searchSpaceId,
    eventId: newId(),
    event: TEST_EVENT,
    data: { webhook_id: id },
    occurredAt: now,
    status: 'pending',
    attempts: 0,
    availableAt: now,
    claimedUntil: null,
    responseStatus: null,
    durationMs: null,
    error: null,
    responseExcerpt: null,
    createdAt: now,
    finishedAt: null,
  };
}
