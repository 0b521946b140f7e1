import type { Route, RouteTarget } from '../domain/route.js';

/** A row as `to_jsonb` writes it: times are text. */
export interface RouteRow {
  id: string;
  search_space_id: string | null;
  name: string;
  targets: RouteTargetRow[];
  enable_fallback: boolean;
  is_restricting: boolean;
  note: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
}

interface RouteTargetRow {
  model: string;
  connection_id: string | null;
  weight: number;
  order: number;
}

export function toRoute(row: RouteRow): Route {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    name: row.name,
    targets: row.targets.map(({ model, connection_id, weight, order }) => ({
      model,
      connectionId: connection_id,
      weight,
      order,
    })),
    enableFallback: row.enable_fallback,
    isRestricting: row.is_restricting,
    note: row.note,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

/** As the column keeps them. */
export function toTargetRows(targets: readonly RouteTarget[]): string {
  return JSON.stringify(
    targets.map(({ model, connectionId, weight, order }): RouteTargetRow => ({
      model,
      connection_id: connectionId,
      weight,
      order,
    })),
  );
}
