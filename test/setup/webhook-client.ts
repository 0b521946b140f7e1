/** The webhooks of the first space, through the routes of a running application. */
import { Sql } from '../../src/persistence/sql.port.js';
import type { Answer, TestApplication } from './application.js';
import { must, operatorOf } from './people.js';

export const WEBHOOKS = '/api/v1/webhooks';

type Body = Answer['body'];

export class WebhookClient {
  readonly session: Record<string, string>;

  constructor(private readonly atelier: TestApplication) {
    this.session = operatorOf(atelier);
  }

  subscribe(url: string, events: string[], more: object = {}): Promise<Body> {
    const body = { search_space_id: this.atelier.spaceId, url, events, ...more };
    return this.must(201, 'POST', '', body);
  }

  read(id: string): Promise<Body> {
    return this.must(200, 'GET', `/${id}`);
  }

  async remove(...ids: string[]): Promise<void> {
    for (const id of ids) await this.must(204, 'DELETE', `/${id}`);
  }

  test(id: string): Promise<Body> {
    return this.must(202, 'POST', `/${id}/test`);
  }

  /** Newest first. */
  async listDeliveries(id: string, query = ''): Promise<Body[]> {
    return (await this.must(200, 'GET', `/${id}/deliveries${query}`)).data;
  }

  /** As if the time of the next attempt had come. */
  async hurry(id: string): Promise<void> {
    await this.atelier.app.get(Sql).query(
      'test_webhooks_hurry',
      `UPDATE webhook_deliveries SET available_at = now()
        WHERE endpoint_id = $1 AND status = 'pending' AND claimed_until IS NULL`,
      [id],
    );
  }

  must(status: number, method: string, path: string, body?: unknown): Promise<Body> {
    return must(this.atelier, status, method, `${WEBHOOKS}${path}`, body, this.session);
  }
}
