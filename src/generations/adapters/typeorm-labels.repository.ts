import type { EntityManager } from 'typeorm';
import { FAVOURITES_MAX, LabelsRepository } from '../domain/labels.port.js';

/** Takes it out of the index until somebody has read what it is from now on; and keeps others out meanwhile. */
const REOPEN = `
  UPDATE generation_history SET segment = NULL, place = NULL WHERE id = $1 RETURNING search_space_id`;

const LIST = 'SELECT tag FROM generation_tags WHERE generation_id = $1 ORDER BY tag';

const REMOVE = 'DELETE FROM generation_tags WHERE generation_id = $1 AND tag <> ALL ($2::text[])';

const ADD = `
  INSERT INTO generation_tags (generation_id, search_space_id, tag)
  SELECT $1, $2, tag FROM unnest($3::text[]) AS tag ON CONFLICT DO NOTHING`;

const ADD_FAVOURITE = `
  INSERT INTO generation_favourites (user_id, generation_id, search_space_id)
  SELECT $1, g.id, g.search_space_id FROM generations g
   WHERE g.id = $2 AND (SELECT count(*) FROM generation_favourites WHERE user_id = $1) < ${FAVOURITES_MAX}
  ON CONFLICT DO NOTHING`;

const IS_FAVOURITE = `
  SELECT FROM generation_favourites WHERE user_id = $1 AND generation_id = $2`;

const REMOVE_FAVOURITE = `
  DELETE FROM generation_favourites WHERE user_id = $1 AND generation_id = $2`;

export class TypeormLabelsRepository extends LabelsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async replaceTags(generationId: string, tags: readonly string[]): Promise<string[] | null> {
    const [[row]] = await this.manager.query<[{ search_space_id: string }[], number]>(REOPEN, [
      generationId,
    ]);
    if (!row) return null;
    const before = await this.manager.query<{ tag: string }[]>(LIST, [generationId]);
    await this.manager.query(REMOVE, [generationId, [...tags]]);
    await this.manager.query(ADD, [generationId, row.search_space_id, [...tags]]);
    return before.map(({ tag }) => tag);
  }

  async addFavourite(userId: string, generationId: string): Promise<boolean> {
    await this.manager.query(ADD_FAVOURITE, [userId, generationId]);
    const rows = await this.manager.query<object[]>(IS_FAVOURITE, [userId, generationId]);
    return rows.length > 0;
  }

  async removeFavourite(userId: string, generationId: string): Promise<void> {
    await this.manager.query(REMOVE_FAVOURITE, [userId, generationId]);
  }
}
