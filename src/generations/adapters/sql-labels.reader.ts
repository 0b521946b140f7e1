import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { COUNTED_MAX, type Labels, LabelsReader, type TagCount } from '../domain/labels.port.js';

const FIND = `
  SELECT g.id, ARRAY(SELECT t.tag FROM generation_tags t WHERE t.generation_id = g.id ORDER BY t.tag) AS tags,
         EXISTS (SELECT FROM generation_favourites f WHERE f.user_id = $2 AND f.generation_id = g.id) AS is_favourite
    FROM unnest($1::uuid[]) AS g (id)`;

/** From one tag to the next by leaps over the index, however many generations have it. */
const LIST_TAGS = `
  WITH RECURSIVE names AS (
    (SELECT t.tag FROM generation_tags t
      WHERE t.search_space_id = $1 AND t.tag > $2 AND t.tag >= $3 AND t.tag < $4 ORDER BY t.tag LIMIT 1)
    UNION ALL
    SELECT (SELECT t.tag FROM generation_tags t
      WHERE t.search_space_id = $1 AND t.tag > n.tag AND t.tag < $4 ORDER BY t.tag LIMIT 1)
    FROM names n WHERE n.tag IS NOT NULL
  )
  SELECT n.tag, (SELECT count(*)::int FROM (SELECT FROM generation_tags t
      WHERE t.search_space_id = $1 AND t.tag = n.tag LIMIT $5) AS counted) AS count
    FROM (SELECT tag FROM names WHERE tag IS NOT NULL LIMIT $6) n ORDER BY n.tag`;

/** Comes after every tag that begins as the text before it. */
const LAST_CHARACTER = '\u{10ffff}';

interface LabelsRow {
  id: string;
  tags: string[];
  is_favourite: boolean;
}

@Injectable()
export class SqlLabelsReader extends LabelsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(
    generationIds: readonly string[],
    userId: string | null,
  ): Promise<ReadonlyMap<string, Labels>> {
    if (generationIds.length === 0) return new Map();
    const rows = await this.sql.query<LabelsRow>('generation_labels', FIND, [
      [...generationIds],
      userId,
    ]);
    return new Map(rows.map((row) => [row.id, { tags: row.tags, isFavourite: row.is_favourite }]));
  }

  async listTags(
    searchSpaceId: string,
    page: { prefix: string; after: string; limit: number },
  ): Promise<TagCount[]> {
    return this.sql.query<TagCount>('generation_tags_list', LIST_TAGS, [
      searchSpaceId,
      page.after,
      page.prefix,
      `${page.prefix}${LAST_CHARACTER}`,
      COUNTED_MAX + 1,
      page.limit + 1,
    ]);
  }
}
