import { Injectable } from '@nestjs/common';
import { SQL_STATE, findSqlState } from '../../persistence/sql-error.js';
import { Sql } from '../../persistence/sql.port.js';
import {
  type Appearance,
  type BlobName,
  type DueAnalysis,
  MediaAnalyses,
  type NewAnalysis,
  type SimilarAsset,
} from '../domain/media-analyses.port.js';

const ATTEMPTS_MAX = 5;
/** Hashes that share a band and are compared: what bounds a search in a space of pictures that are all alike. */
const COMPARED_MAX = 50_000;

const CLAIM = `
  UPDATE media_analyses a
     SET attempts = a.attempts + 1,
         due_at = CASE WHEN a.attempts + 1 < $2 THEN now() + interval '2 minutes' END
    FROM (SELECT search_space_id, sha256 FROM media_analyses
           WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
    JOIN media_blobs b USING (search_space_id, sha256)
   WHERE a.search_space_id = due.search_space_id AND a.sha256 = due.sha256
  RETURNING a.search_space_id, a.sha256, b.storage_key, b.size_bytes`;

const SAVE = `
  WITH done AS (
    UPDATE media_analyses SET thumbhash = $3, colour = $4, phash = $5::bigint, due_at = NULL
     WHERE search_space_id = $1 AND sha256 = $2
    RETURNING search_space_id, sha256, phash
  )
  INSERT INTO media_bands (search_space_id, band, sha256, phash)
  SELECT done.search_space_id, band, done.sha256, done.phash
    FROM done CROSS JOIN unnest($6::int[]) AS band
  ON CONFLICT DO NOTHING`;

const SIMILAR = `
  WITH near AS MATERIALIZED (
    SELECT sha256, phash FROM media_bands
     WHERE search_space_id = $1 AND band = ANY ($2::int[]) LIMIT $5
  ), hit AS (
    SELECT DISTINCT sha256, bit_count((phash # $3::bigint)::bit(64))::int AS distance
      FROM near WHERE bit_count((phash # $3::bigint)::bit(64)) <= $4
     ORDER BY distance, sha256 LIMIT $6
  )
  SELECT asset.id, hit.distance FROM hit
    CROSS JOIN LATERAL (
      SELECT id FROM media_assets a
       WHERE a.search_space_id = $1 AND a.sha256 = hit.sha256 ORDER BY id DESC LIMIT 5) AS asset
   ORDER BY hit.distance, asset.id DESC LIMIT $6`;

interface DueRow {
  search_space_id: string;
  sha256: string;
  storage_key: string;
  size_bytes: string;
}

@Injectable()
export class SqlMediaAnalyses extends MediaAnalyses {
  constructor(private readonly sql: Sql) {
    super();
  }

  async claim(limit: number): Promise<DueAnalysis[]> {
    const rows = await this.sql.query<DueRow>('media_claim_analyses', CLAIM, [limit, ATTEMPTS_MAX]);
    return rows.map((row) => ({
      searchSpaceId: row.search_space_id,
      sha256: row.sha256,
      storageKey: row.storage_key,
      sizeBytes: Number(row.size_bytes),
    }));
  }

  async save(analysis: NewAnalysis): Promise<void> {
    const { searchSpaceId, sha256, thumbhash, colour, hash, bands } = analysis;
    const values = [searchSpaceId, sha256, thumbhash, colour, hash?.toString() ?? null, bands];
    try {
      await this.sql.query<object>('media_save_analysis', SAVE, values);
    } catch (error) {
      if (findSqlState(error) !== SQL_STATE.foreignKeyViolation) throw error;
    }
  }

  async findAppearances(blobs: readonly BlobName[]): Promise<Appearance[]> {
    if (blobs.length === 0) return [];
    const rows = await this.sql.query<{
      search_space_id: string;
      sha256: string;
      thumbhash: string;
      colour: string;
    }>(
      'media_find_appearances',
      `SELECT search_space_id, sha256, thumbhash, colour
         FROM unnest($1::uuid[], $2::text[]) AS wanted (search_space_id, sha256)
         JOIN media_analyses USING (search_space_id, sha256) WHERE thumbhash IS NOT NULL`,
      [blobs.map(({ searchSpaceId }) => searchSpaceId), blobs.map(({ sha256 }) => sha256)],
    );
    return rows.map((row) => ({
      searchSpaceId: row.search_space_id,
      sha256: row.sha256,
      thumbhash: row.thumbhash,
      colour: row.colour,
    }));
  }

  async findHash({ searchSpaceId, sha256 }: BlobName): Promise<bigint | null> {
    const [row] = await this.sql.query<{ phash: string | null }>(
      'media_find_hash',
      'SELECT phash FROM media_analyses WHERE search_space_id = $1 AND sha256 = $2',
      [searchSpaceId, sha256],
    );
    return row?.phash == null ? null : BigInt(row.phash);
  }

  async listSimilar(
    searchSpaceId: string,
    near: { hash: bigint; bands: readonly number[]; distanceMax: number },
    limit: number,
  ): Promise<SimilarAsset[]> {
    const { hash, bands, distanceMax } = near;
    const values = [searchSpaceId, bands, hash.toString(), distanceMax, COMPARED_MAX, limit];
    const rows = await this.sql.query<{ id: string; distance: number }>(
      'media_list_similar',
      SIMILAR,
      values,
    );
    return rows.map(({ id, distance }) => ({ assetId: id, distance }));
  }
}
