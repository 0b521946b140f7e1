import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Collection } from '../domain/collection.js';
import { CollectionsReader } from '../domain/collections.reader.port.js';
import { COLLECTION_COLUMNS, type CollectionRow, toCollection } from './collection-row.js';

@Injectable()
export class SqlCollectionsReader extends CollectionsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findById(id: string): Promise<Collection | null> {
    const [row] = await this.sql.query<CollectionRow>(
      'collections_find',
      `SELECT ${COLLECTION_COLUMNS} FROM collections WHERE id = $1`,
      [id],
    );
    return row ? toCollection(row) : null;
  }

  async listOfSpace(searchSpaceId: string, { limit, after }: PageRequest): Promise<Collection[]> {
    const rows = await this.sql.query<CollectionRow>(
      'collections_list_of_space',
      `SELECT ${COLLECTION_COLUMNS} FROM collections
       WHERE search_space_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toCollection);
  }
}
