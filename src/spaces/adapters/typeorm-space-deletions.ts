import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import { SpaceDeletions } from '../domain/space-deletions.port.js';

/** Rows of one table that one transaction removes. */
const BATCH_MAX = 500;
/** A process whose epoch is older than a second answers from no cache; the rest is for slow clocks. */
const CACHES_SETTLED_AFTER_S = 2;

const MARK = `
  UPDATE search_spaces SET state = 'deleting', deletion_requested_at = now()
   WHERE id = $1 AND state = 'active' RETURNING id`;

const UNMARK = `
  UPDATE search_spaces SET state = 'active', deletion_requested_at = NULL
   WHERE id = $1 AND state = 'deleting' RETURNING id`;

const BEGIN = `
  UPDATE search_spaces SET state = 'removing'
   WHERE id = $1 AND state <> 'active'
     AND deletion_requested_at <= now() - make_interval(secs => ${CACHES_SETTLED_AFTER_S})
  RETURNING id`;

/** What may be many rows. The owner stays to the last, and the rest (roles, invites) goes with the space by its keys. */
const BATCHES = [
  ['api_keys', 'true'],
  ['collections', 'true'],
  ['outbox_events', 'true'],
  ['memberships', 'NOT is_owner'],
] as const;

const FINISH = `DELETE FROM search_spaces WHERE id = $1 AND state = 'removing' RETURNING id`;

/** One statement for each step; the rooms below know no spaces, so their rows are removed here. */
export class TypeormSpaceDeletions extends SpaceDeletions {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async mark(searchSpaceId: string): Promise<boolean> {
    return this.change(MARK, searchSpaceId);
  }

  async unmark(searchSpaceId: string): Promise<boolean> {
    return this.change(UNMARK, searchSpaceId);
  }

  async begin(searchSpaceId: string): Promise<boolean> {
    return (await this.run(BEGIN, searchSpaceId)) > 0;
  }

  async removeBatch(searchSpaceId: string): Promise<boolean> {
    for (const [table, condition] of BATCHES) {
      const removed = await this.run(
        `DELETE FROM ${table} WHERE id IN (
           SELECT id FROM ${table} WHERE search_space_id = $1 AND ${condition}
            LIMIT ${BATCH_MAX}) RETURNING id`,
        searchSpaceId,
      );
      if (removed === BATCH_MAX) return true;
    }
    return false;
  }

  async finish(searchSpaceId: string): Promise<boolean> {
    return this.change(FINISH, searchSpaceId);
  }

  private async change(statement: string, searchSpaceId: string): Promise<boolean> {
    const isChanged = (await this.run(statement, searchSpaceId)) > 0;
    if (isChanged) await this.epoch.bump(this.manager);
    return isChanged;
  }

  private async run(statement: string, searchSpaceId: string): Promise<number> {
    const [rows] = await this.manager.query<[object[], number]>(statement, [searchSpaceId]);
    return rows.length;
  }
}
