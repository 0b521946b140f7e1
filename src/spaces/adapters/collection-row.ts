import type { Collection } from '../domain/collection.js';

export interface CollectionRow {
  id: string;
  search_space_id: string;
  name: string;
  description: string;
  created_by: string;
  created_at: Date;
}

export const COLLECTION_COLUMNS = 'id, search_space_id, name, description, created_by, created_at';

export function toCollection(row: CollectionRow): Collection {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    name: row.name,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
