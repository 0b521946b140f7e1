import type { EntityManager } from 'typeorm';
import type { Collection } from '../domain/collection.js';
import { CollectionsRepository } from '../domain/collections.repository.port.js';
import { COLLECTION_COLUMNS, type CollectionRow, toCollection } from './collection-row.js';

const LOCK_SPACE = `
  SELECT id FROM search_spaces WHERE id = $1 AND state = 'active' FOR NO KEY UPDATE`;

/** Counted in a statement of its own, which sees what the holder of the lock before committed. */
const COUNT = 'SELECT count(*)::int AS count FROM collections WHERE search_space_id = $1';

const LOCK = `SELECT ${COLLECTION_COLUMNS} FROM collections WHERE id = $1 FOR UPDATE`;

const IS_NAME_TAKEN = `
  SELECT id FROM collections WHERE search_space_id = $1 AND name = $2 AND id <> $3`;

const INSERT = `
  INSERT INTO collections (${COLLECTION_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)`;

const UPDATE = 'UPDATE collections SET name = $2, description = $3 WHERE id = $1';

const REMOVE = 'DELETE FROM collections WHERE id = $1 RETURNING id';

export class TypeormCollectionsRepository extends CollectionsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockSpace(searchSpaceId: string): Promise<number | null> {
    const spaces = await this.manager.query<object[]>(LOCK_SPACE, [searchSpaceId]);
    if (spaces.length === 0) return null;
    const [row] = await this.manager.query<{ count: number }[]>(COUNT, [searchSpaceId]);
    return row?.count ?? 0;
  }

  async lock(id: string): Promise<Collection | null> {
    const [row] = await this.manager.query<CollectionRow[]>(LOCK, [id]);
    return row ? toCollection(row) : null;
  }

  async isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean> {
    const rows = await this.manager.query<object[]>(IS_NAME_TAKEN, [searchSpaceId, name, exceptId]);
    return rows.length > 0;
  }

  async add(collection: Collection): Promise<void> {
    const { id, searchSpaceId, name, description, createdBy, createdAt } = collection;
    await this.manager.query(INSERT, [id, searchSpaceId, name, description, createdBy, createdAt]);
  }

  async update({ id, name, description }: Collection): Promise<void> {
    await this.manager.query(UPDATE, [id, name, description]);
  }

  async remove(id: string): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(REMOVE, [id]);
    return rows.length > 0;
  }
}
