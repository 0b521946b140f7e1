export const HOLD_SCOPES = ['space', 'collection', 'generations', 'user'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** Generations that one hold names at most. */
export const HELD_IDS_MAX = 1_000;
export const REASON_CHARS_MAX = 1_000;

/** What a hold keeps: all of the space, of a collection or of a user, or single generations; made within those times. */
export interface HoldTarget {
  scope: HoldScope;
  collectionId: string | null;
  userId: string | null;
  generationIds: readonly string[] | null;
  /** Included. Null = since ever. */
  madeFrom: Date | null;
  /** Not included. Null = for ever, what is made later among it. */
  madeTo: Date | null;
}

/** Nothing of what it names is deleted by anybody until it is lifted. The database itself refuses. */
export interface LegalHold extends HoldTarget {
  id: string;
  searchSpaceId: string;
  reason: string;
  placedBy: string;
  placedAt: Date;
  lifted: { by: string; at: Date; reason: string } | null;
}

/** How it is told to the audit trail. */
export function toHoldState({ reason, ...hold }: LegalHold): Record<string, unknown> {
  return {
    reason,
    scope: hold.scope,
    collection_id: hold.collectionId,
    user_id: hold.userId,
    generation_ids: hold.generationIds,
    from: hold.madeFrom?.toISOString() ?? null,
    to: hold.madeTo?.toISOString() ?? null,
  };
}
