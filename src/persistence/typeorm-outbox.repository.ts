import type { EntityManager } from 'typeorm';
import { afterCommit } from './after-commit.js';
import { Outbox, type OutboxEvent, type OutboxSignal } from './outbox.port.js';

/** The outbox inside one transaction. */
export class TypeormOutboxRepository extends Outbox {
  constructor(
    private readonly manager: EntityManager,
    private readonly signal: OutboxSignal,
  ) {
    super();
  }

  async append(...events: readonly OutboxEvent[]): Promise<void> {
    const rows = events.map(({ id, kind, searchSpaceId, payload }) => ({
      id,
      kind,
      search_space_id: searchSpaceId,
      payload,
    }));
    afterCommit(this.manager, () => this.signal.nudge());
    await this.manager.query('SELECT outbox_append($1, ARRAY[NULL::jsonb])', [
      JSON.stringify([{ events: rows }]),
    ]);
  }
}
