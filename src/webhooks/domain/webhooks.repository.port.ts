import type { Delivery } from './delivery.js';
import type { DisabledReason, WebhookEndpoint } from './webhook-endpoint.js';

/** Changes to endpoints and their log, inside a unit of work. */
export abstract class WebhooksRepository {
  /**
   * Lets changes of one space's endpoints wait for one another, until the transaction ends.
   * @returns how many there are; null when the space is gone or is being deleted.
   */
  abstract lockSpace(searchSpaceId: string): Promise<number | null>;

  /** The row as it is, kept from changing until the transaction ends. */
  abstract lock(id: string): Promise<WebhookEndpoint | null>;

  /** Adds it, or replaces all of it that may change. */
  abstract save(endpoint: WebhookEndpoint): Promise<void>;

  /** With its log. False when it is gone. */
  abstract remove(id: string): Promise<boolean>;

  /** Notes a failure. @returns since when it has failed without a break; null when it is gone or disabled */
  abstract noteFailure(id: string): Promise<Date | null>;

  /** @returns the endpoint as it is then; null when it is gone or was disabled before */
  abstract disable(id: string, reason: DisabledReason): Promise<WebhookEndpoint | null>;

  abstract addDelivery(delivery: Delivery): Promise<void>;

  /** The row of this endpoint's log, kept from changing until the transaction ends. */
  abstract lockDelivery(endpointId: string, deliveryId: string): Promise<Delivery | null>;

  /** How many wait to be sent; no more than `most` are counted. */
  abstract countWaiting(endpointId: string, most: number): Promise<number>;

  /** To be sent at once, with all attempts anew. */
  abstract redeliver(deliveryId: string): Promise<void>;

  /** The same for dead ones, oldest first. @returns how many */
  abstract redeliverDead(endpointId: string, limit: number): Promise<number>;
}
