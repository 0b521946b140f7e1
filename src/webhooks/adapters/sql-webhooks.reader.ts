import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Delivery } from '../domain/delivery.js';
import type { WebhookEndpoint } from '../domain/webhook-endpoint.js';
import { type DeliveryFilter, WebhooksReader } from '../domain/webhooks.reader.port.js';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  ENDPOINT_COLUMNS,
  type EndpointRow,
  toDelivery,
  toEndpoint,
} from './webhook-row.js';

@Injectable()
export class SqlWebhooksReader extends WebhooksReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findById(id: string): Promise<WebhookEndpoint | null> {
    const [row] = await this.sql.query<EndpointRow>(
      'webhooks_find',
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints WHERE id = $1`,
      [id],
    );
    return row ? toEndpoint(row) : null;
  }

  async listOfSpace(
    searchSpaceId: string,
    { limit, after }: PageRequest,
  ): Promise<WebhookEndpoint[]> {
    const rows = await this.sql.query<EndpointRow>(
      'webhooks_list_of_space',
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints
        WHERE search_space_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toEndpoint);
  }

  async listDeliveries(
    endpointId: string,
    { status, event }: DeliveryFilter,
    { limit, after }: PageRequest,
  ): Promise<Delivery[]> {
    // Two statements, because each has an index of its own.
    const rows = status
      ? await this.sql.query<DeliveryRow>(
          'webhooks_list_deliveries_by_status',
          `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries
            WHERE endpoint_id = $1 AND status = $5 AND ($2::uuid IS NULL OR id < $2)
              AND ($4::text IS NULL OR event = $4) ORDER BY id DESC LIMIT $3`,
          [endpointId, after, limit + 1, event ?? null, status],
        )
      : await this.sql.query<DeliveryRow>(
          'webhooks_list_deliveries',
          `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries
            WHERE endpoint_id = $1 AND ($2::uuid IS NULL OR id < $2)
              AND ($4::text IS NULL OR event = $4) ORDER BY id DESC LIMIT $3`,
          [endpointId, after, limit + 1, event ?? null],
        );
    return rows.map(toDelivery);
  }
}
