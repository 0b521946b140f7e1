import type { HoldScope, LegalHold } from '../domain/legal-hold.js';

export interface LegalHoldRow {
  id: string;
  search_space_id: string;
  reason: string;
  scope: HoldScope;
  collection_id: string | null;
  user_id: string | null;
  generation_ids: string[] | null;
  made_from: Date | null;
  made_to: Date | null;
  placed_by: string;
  placed_at: Date;
  lifted_by: string | null;
  lifted_at: Date | null;
  lift_reason: string | null;
}

export const HOLD_COLUMNS = `id, search_space_id, reason, scope, collection_id, user_id, generation_ids, made_from,
  made_to, placed_by, placed_at, lifted_by, lifted_at, lift_reason`;

export function toLegalHold(row: LegalHoldRow): LegalHold {
  const { lifted_by: by, lifted_at: at, lift_reason: reason } = row;
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    reason: row.reason,
    scope: row.scope,
    collectionId: row.collection_id,
    userId: row.user_id,
    generationIds: row.generation_ids,
    madeFrom: row.made_from,
    madeTo: row.made_to,
    placedBy: row.placed_by,
    placedAt: row.placed_at,
    lifted: by !== null && at !== null && reason !== null ? { by, at, reason } : null,
  };
}
