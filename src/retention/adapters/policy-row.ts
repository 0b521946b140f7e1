import type { RetentionPolicy } from '../domain/retention-policy.js';

export interface PolicyRow {
  search_space_id: string;
  collection_id: string | null;
  generations_days: number | null;
  failed_days: number | null;
  inputs_days: number | null;
  uploads_days: number | null;
  keeps_favourites: boolean;
}

export const POLICY_COLUMNS = `search_space_id, collection_id, generations_days, failed_days, inputs_days,
  uploads_days, keeps_favourites`;

/** Of one space; null = it has no policy of its own. */
export function toPolicy(rows: readonly PolicyRow[]): RetentionPolicy | null {
  const own = rows.find(({ collection_id: collectionId }) => collectionId === null);
  if (!own) return null;
  return {
    ...toTerms(own),
    uploadsDays: own.uploads_days,
    collections: rows.flatMap((row) =>
      row.collection_id === null ? [] : [{ ...toTerms(row), collectionId: row.collection_id }],
    ),
  };
}

function toTerms(row: PolicyRow) {
  return {
    generationsDays: row.generations_days,
    failedDays: row.failed_days,
    inputsDays: row.inputs_days,
    keepsFavourites: row.keeps_favourites,
  };
}
