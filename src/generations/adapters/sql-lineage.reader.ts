import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { GenerationStatus, Operation } from '../domain/generation.js';
import {
  type LineageFacts,
  type LineageLink,
  LineageReader,
} from '../lineage/lineage.reader.port.js';

interface LinkRow {
  child_id: string;
  role: 'input' | 'mask';
  index: number;
  source_asset_id: string;
  parent_id: string | null;
  parent_index: number | null;
}

interface FactsRow {
  id: string;
  status: GenerationStatus;
  operation: Operation;
  model: string;
  created_at: Date;
}

const COLUMNS = `child.generation_id AS child_id, child.role, child.index, child.source_asset_id,
  parent.generation_id AS parent_id, parent.index AS parent_index`;

/** A picture that somebody sent in and sent in again has no generation that made it, and is no link. */
const PARENTS = `
  SELECT ${COLUMNS} FROM media_assets AS child
    LEFT JOIN media_assets AS parent ON parent.id = child.source_asset_id
     AND parent.search_space_id = child.search_space_id
   WHERE child.generation_id = ANY ($2::uuid[]) AND child.search_space_id = $1
     AND child.source_asset_id IS NOT NULL AND coalesce(parent.role, 'output') = 'output'
   ORDER BY child.generation_id, child.role, child.index LIMIT $3`;

const CHILDREN = `
  SELECT ${COLUMNS} FROM media_assets AS parent
    JOIN media_assets AS child ON child.source_asset_id = parent.id
     AND child.search_space_id = parent.search_space_id
   WHERE parent.generation_id = ANY ($2::uuid[]) AND parent.search_space_id = $1
     AND parent.role = 'output' AND child.generation_id IS NOT NULL
   ORDER BY child.generation_id, child.role, child.index LIMIT $3`;

@Injectable()
export class SqlLineageReader extends LineageReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listParents(
    searchSpaceId: string,
    generationIds: readonly string[],
    limit: number,
  ): Promise<LineageLink[]> {
    const values = [searchSpaceId, generationIds, limit];
    return (await this.sql.query<LinkRow>('generations_list_parents', PARENTS, values)).map(toLink);
  }

  async listChildren(
    searchSpaceId: string,
    generationIds: readonly string[],
    limit: number,
  ): Promise<LineageLink[]> {
    const values = [searchSpaceId, generationIds, limit];
    const rows = await this.sql.query<LinkRow>('generations_list_children', CHILDREN, values);
    return rows.map(toLink);
  }

  async findFacts(
    searchSpaceId: string,
    generationIds: readonly string[],
  ): Promise<LineageFacts[]> {
    const rows = await this.sql.query<FactsRow>(
      'generations_find_lineage',
      `SELECT id, status, operation, model, created_at FROM generations
        WHERE id = ANY ($2::uuid[]) AND search_space_id = $1`,
      [searchSpaceId, generationIds],
    );
    return rows.map(({ created_at: createdAt, ...facts }) => ({ ...facts, createdAt }));
  }
}

function toLink(row: LinkRow): LineageLink {
  return {
    childId: row.child_id,
    role: row.role,
    index: row.index,
    sourceAssetId: row.source_asset_id,
    parentId: row.parent_id,
    parentIndex: row.parent_index,
  };
}
