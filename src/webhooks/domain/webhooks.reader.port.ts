import type { PageRequest } from '../../common/page.js';
import type { Delivery, DeliveryStatus } from './delivery.js';
import type { WebhookEndpoint } from './webhook-endpoint.js';

/** Which deliveries a list shows; absent = all. */
export interface DeliveryFilter {
  status?: DeliveryStatus;
  event?: string;
}

/** Questions about endpoints and their log, outside any transaction. */
export abstract class WebhooksReader {
  abstract findById(id: string): Promise<WebhookEndpoint | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listOfSpace(searchSpaceId: string, page: PageRequest): Promise<WebhookEndpoint[]>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listDeliveries(
    endpointId: string,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Delivery[]>;
}
