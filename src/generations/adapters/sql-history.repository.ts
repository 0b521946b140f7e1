import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { Sql } from '../../persistence/sql.port.js';
import { HistoryRepository, type HistoryQuestion } from '../domain/history.repository.port.js';
import type { HistoryFilter } from '../domain/history-filter.js';
import { type SearchWords, toHistoryQuery } from './to-history-query.js';

const SPLIT = `
  SELECT tsvector_to_array(generation_words($1)) AS whole,
         tsvector_to_array(generation_words($2)) AS beginnings`;

const PAGE = (order: string): string => `
  SELECT id FROM generation_history_${order}($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::bigint, $6::bigint,
    $7::uuid, $8::uuid, $9::timestamptz, $10::timestamptz, $11::boolean, $12::uuid, $13::uuid[], $14::integer) AS id`;

const FIND_BATCH = `
  SELECT generation_ids FROM generation_batches WHERE id = $1 AND search_space_id = ANY ($2::uuid[])`;

const INDEX = 'SELECT generation_history_index($1::uuid[]) AS indexed';

const LIST_UNINDEXED = `
  SELECT h.id FROM generation_history h JOIN generations g ON g.id = h.id
   WHERE h.segment IS NULL AND g.status NOT IN ('queued', 'running') LIMIT $1`;

const TIDY = 'SELECT generation_segments_tidy($1::integer, $2::integer) AS written';

const FORGET = `
  WITH gone AS (DELETE FROM generation_segments WHERE search_space_id = $1 RETURNING segment)
  DELETE FROM generation_terms WHERE segment IN (SELECT segment FROM gone)`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** A form stores its pictures under the id before the generation is made; clocks of two processes differ. */
const ID_AHEAD_MS = 3_600_000;
const ID_BEHIND_MS = 60_000;
const TIME_DIGITS = 12;

@Injectable()
export class SqlHistoryRepository extends HistoryRepository {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listIds(question: HistoryQuestion): Promise<string[]> {
    const { filter, searchSpaceIds, userId, limit } = question;
    if (searchSpaceIds.length === 0) return [];
    const words = await this.split(filter.search);
    const among = await this.findAmong(filter, searchSpaceIds);
    const query = toHistoryQuery(filter, words);
    const { below, above } = toBounds(question);
    const rows = await this.sql.query<{ id: string }>(
      `generation_history_${filter.order}`,
      PAGE(filter.order),
      [
        [...searchSpaceIds],
        query.lows,
        query.highs,
        query.groups,
        query.costLowMicros,
        query.costHighMicros,
        below,
        above,
        filter.createdFrom?.toISOString() ?? '-infinity',
        filter.createdTo?.toISOString() ?? 'infinity',
        filter.statuses.length === 0 || filter.statuses.includes('running'),
        filter.isFavourite ? userId : null,
        among,
        limit,
      ],
    );
    return rows.map(({ id }) => id);
  }

  async index(ids: readonly string[]): Promise<void> {
    await this.sql.query('generation_history_index', INDEX, [[...ids]]);
  }

  async listUnindexed(limit: number): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      'generation_history_unindexed',
      LIST_UNINDEXED,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  async tidy(segmentsMax: number, writtenMax: number): Promise<void> {
    await this.sql.query('generation_history_tidy', TIDY, [segmentsMax, writtenMax]);
  }

  async forgetSpace(searchSpaceId: string): Promise<void> {
    await this.sql.query('generation_history_forget', FORGET, [searchSpaceId]);
  }

  /** By the database, which told the words of the prompts apart as well. */
  private async split(search: string | null): Promise<SearchWords> {
    if (search === null) return { whole: [], beginnings: [] };
    const text = search.trim();
    const cut = text.search(/\S+$/u);
    const [words] = await this.sql.query<SearchWords>('generation_search_words', SPLIT, [
      text.slice(0, cut),
      text.slice(cut),
    ]);
    if (!words || words.whole.length + words.beginnings.length === 0) {
      throw DomainError.invalid('q', 'must hold at least one word');
    }
    return words;
  }

  private async findAmong(
    { batchId }: HistoryFilter,
    searchSpaceIds: readonly string[],
  ): Promise<string[] | null> {
    if (batchId === null) return null;
    const [batch] = await this.sql.query<{ generation_ids: string[] }>(
      'generation_history_batch',
      FIND_BATCH,
      [batchId, [...searchSpaceIds]],
    );
    return batch?.generation_ids ?? [];
  }
}

/** Ids begin with the time of their making, so a period is nearly a range of ids. */
function toBounds({ filter, after }: HistoryQuestion): { below: string; above: string } {
  const { createdFrom, createdTo, order } = filter;
  const from = createdFrom ? toFirstId(createdFrom.getTime() - ID_AHEAD_MS) : FIRST_ID;
  const to = createdTo ? toFirstId(createdTo.getTime() + ID_BEHIND_MS) : LAST_ID;
  const cursor = after?.toLowerCase() ?? null;
  if (cursor === null) return { below: to, above: from };
  return order === 'newest'
    ? { below: cursor < to ? cursor : to, above: from }
    : { below: to, above: cursor > from ? cursor : from };
}

function toFirstId(ms: number): string {
  const time = Math.max(ms, 0).toString(16).padStart(TIME_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${FIRST_ID.slice(13)}`;
}
