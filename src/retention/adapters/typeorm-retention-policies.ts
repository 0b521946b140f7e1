import type { EntityManager } from 'typeorm';
import { RetentionPolicies } from '../domain/retention.store.port.js';
import type { RetentionPolicy } from '../domain/retention-policy.js';
import { POLICY_COLUMNS, type PolicyRow, toPolicy } from './policy-row.js';

const LOCK = `
  SELECT ${POLICY_COLUMNS} FROM retention_policies WHERE search_space_id = $1
   ORDER BY collection_id FOR UPDATE`;

const ADD = `
  INSERT INTO retention_policies (${POLICY_COLUMNS}, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

const STRANGERS = `
  SELECT named.id FROM unnest($2::uuid[]) AS named (id)
   WHERE NOT EXISTS (SELECT FROM collections c WHERE c.id = named.id AND c.search_space_id = $1)`;

export class TypeormRetentionPolicies extends RetentionPolicies {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(searchSpaceId: string): Promise<RetentionPolicy | null> {
    // Where there are no rows yet, two who write at once would both find none.
    await this.manager.query('SELECT id FROM search_spaces WHERE id = $1 FOR UPDATE', [
      searchSpaceId,
    ]);
    return toPolicy(await this.manager.query<PolicyRow[]>(LOCK, [searchSpaceId]));
  }

  async replace(searchSpaceId: string, policy: RetentionPolicy | null, now: Date): Promise<void> {
    await this.manager.query('DELETE FROM retention_policies WHERE search_space_id = $1', [
      searchSpaceId,
    ]);
    if (!policy) return;
    const rows = [{ ...policy, collectionId: null }, ...policy.collections];
    for (const row of rows) {
      await this.manager.query(ADD, [
        searchSpaceId,
        row.collectionId,
        row.generationsDays,
        row.failedDays,
        row.inputsDays,
        row.collectionId === null ? policy.uploadsDays : null,
        row.keepsFavourites,
        now,
      ]);
    }
  }

  async listStrangers(searchSpaceId: string, collectionIds: readonly string[]): Promise<string[]> {
    const rows = await this.manager.query<{ id: string }[]>(STRANGERS, [
      searchSpaceId,
      collectionIds,
    ]);
    return rows.map(({ id }) => id);
  }
}
