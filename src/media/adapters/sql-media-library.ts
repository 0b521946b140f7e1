import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { findConstraint } from '../../persistence/sql-error.js';
import { Sql } from '../../persistence/sql.port.js';
import type { MediaAsset } from '../domain/media-asset.js';
import {
  type LibraryFilter,
  MediaLibrary,
  type LibraryPage,
  type UploadClaim,
} from '../domain/media-library.port.js';
import { type AssetRow, ASSET_COLUMNS, toAsset, toMember } from './sql-media.repository.js';

interface LibraryRow extends AssetRow {
  created_by: string | null;
  file_name: string | null;
  collection_id: string | null;
}

interface ClaimRow {
  caller_id: string;
  key: string;
  search_space_id: string;
  fingerprint: string;
  asset_ids: string[];
  created_at: Date;
}

const COLUMNS = `${ASSET_COLUMNS}, created_by, file_name, collection_id`;

/** Rows of the index that one page looks at: what bounds a list whose filter finds next to nothing. */
const SCANNED_MAX = 20_000;
const ID_FLOOR = '00000000-0000-0000-0000-000000000000';
const ID_CEILING = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const TIME_DIGITS = 12;

/** Along the index alone; the rows of a page are read by their ids. */
const SCANS = {
  all: { name: 'media_library_scan', where: 'search_space_id = $1' },
  uploads: {
    name: 'media_library_scan_uploads',
    where: `search_space_id = $1 AND role = 'upload'`,
  },
  generation: {
    name: 'media_library_scan_generation',
    where: 'search_space_id = $1 AND generation_id = $10::uuid',
  },
} as const;

function toScan(where: string): string {
  return `
  WITH scanned AS MATERIALIZED (
    SELECT id, role, format, created_by, collection_id FROM media_assets
     WHERE ${where} AND id >= $2::uuid AND id < $3::uuid
     ORDER BY id DESC LIMIT $4
  ), found AS (
    SELECT id FROM scanned
     WHERE ($5::text IS NULL OR role = $5) AND ($6::text IS NULL OR format = $6)
       AND ($7::uuid IS NULL OR created_by = $7) AND ($8::uuid IS NULL OR collection_id = $8)
     ORDER BY id DESC LIMIT $9
  )
  SELECT ARRAY(SELECT id FROM found ORDER BY id DESC)::text[] AS ids,
         (SELECT count(*)::int FROM scanned) AS scanned,
         (SELECT id::text FROM scanned ORDER BY id LIMIT 1) AS last`;
}

@Injectable()
export class SqlMediaLibrary extends MediaLibrary {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(assetId: string): Promise<MediaAsset | null> {
    return (await this.findAll([assetId]))[0] ?? null;
  }

  async findAll(assetIds: readonly string[]): Promise<MediaAsset[]> {
    const rows = await this.sql.query<LibraryRow>(
      'media_library_find',
      `SELECT ${COLUMNS} FROM media_assets WHERE id = ANY ($1::uuid[]) ORDER BY id DESC`,
      [assetIds],
    );
    return rows.map(toLibraryAsset);
  }

  async list(filter: LibraryFilter, after: string | null, limit: number): Promise<LibraryPage> {
    const { scan, values } = toQuery(filter, after, limit);
    const [row] = await this.sql.query<{ ids: string[]; scanned: number; last: string | null }>(
      scan.name,
      toScan(scan.where),
      values,
    );
    const found = row?.ids ?? [];
    const ids = found.slice(0, limit);
    const assets = ids.length === 0 ? [] : await this.findAll(ids);
    if (found.length > limit) return { assets, nextAfter: ids.at(-1) ?? null };
    return { assets, nextAfter: row?.scanned === SCANNED_MAX ? row.last : null };
  }

  async addUploads(
    assets: readonly MediaAsset[],
    claim: UploadClaim | null,
    keptFrom: Date,
  ): Promise<boolean> {
    const batch = assets.map((asset) => ({
      ...toMember(asset),
      created_by: asset.createdBy ?? null,
      file_name: asset.fileName ?? null,
      collection_id: asset.collectionId ?? null,
    }));
    try {
      const [row] = await this.sql.query<{ is_added: boolean }>(
        'media_upload',
        'SELECT media_upload($1, $2, $3) AS is_added',
        [JSON.stringify(batch), claim && JSON.stringify(toClaimRow(claim)), keptFrom],
      );
      return row?.is_added ?? false;
    } catch (error) {
      throw toRefusal(error);
    }
  }

  async findClaim(callerId: string, key: string): Promise<UploadClaim | null> {
    const [row] = await this.sql.query<ClaimRow>(
      'media_find_claim',
      `SELECT caller_id, key, search_space_id, fingerprint, asset_ids, created_at
         FROM media_claims WHERE caller_id = $1 AND key = $2`,
      [callerId, key],
    );
    if (!row) return null;
    return {
      callerId: row.caller_id,
      key: row.key,
      searchSpaceId: row.search_space_id,
      fingerprint: row.fingerprint,
      assetIds: row.asset_ids,
      createdAt: row.created_at,
    };
  }

  async listClaimed(callerId: string, keys: readonly string[]): Promise<string[]> {
    const rows = await this.sql.query<{ key: string }>(
      'media_list_claimed',
      'SELECT key FROM media_claims WHERE caller_id = $1 AND key = ANY ($2::text[])',
      [callerId, keys],
    );
    return rows.map(({ key }) => key);
  }

  trimClaims(before: Date, limit: number): Promise<number> {
    return this.removeClaims('media_trim_claims', 'created_at < $1', [before, limit]);
  }

  removeClaimsOfSpace(searchSpaceId: string, limit: number): Promise<number> {
    return this.removeClaims('media_remove_claims', 'search_space_id = $1', [searchSpaceId, limit]);
  }

  private async removeClaims(name: string, where: string, values: unknown[]): Promise<number> {
    const rows = await this.sql.query<object>(
      name,
      `DELETE FROM media_claims WHERE (caller_id, key) IN (
         SELECT caller_id, key FROM media_claims WHERE ${where} LIMIT $2) RETURNING key`,
      values,
    );
    return rows.length;
  }
}

/** What was deleted while the pictures came. */
function toRefusal(error: unknown): unknown {
  const constraint = findConstraint(error);
  if (constraint === 'search_space_is_active') return DomainError.notFound('search space');
  if (constraint !== 'media_assets_collection_id_fkey') return error;
  return DomainError.invalid('collection_id', 'is not a collection of this search space');
}

function toQuery(filter: LibraryFilter, after: string | null, limit: number) {
  const { generationId, role } = filter;
  const scan = generationId ? SCANS.generation : role === 'upload' ? SCANS.uploads : SCANS.all;
  const ceiling = filter.to ? toFirstId(filter.to) : ID_CEILING;
  const values = [
    filter.searchSpaceId,
    filter.from ? toFirstId(filter.from) : ID_FLOOR,
    after !== null && after < ceiling ? after : ceiling,
    SCANNED_MAX,
    role,
    filter.format,
    filter.createdBy,
    filter.collectionId,
    limit + 1,
  ];
  return { scan, values: generationId ? [...values, generationId] : values };
}

/** Ids begin with the millisecond in which they were made. */
function toFirstId(time: Date): string {
  const digits = Math.max(0, time.getTime()).toString(16).padStart(TIME_DIGITS, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
}

function toClaimRow(claim: UploadClaim): Record<string, unknown> {
  return {
    caller_id: claim.callerId,
    key: claim.key,
    search_space_id: claim.searchSpaceId,
    fingerprint: claim.fingerprint,
    asset_ids: claim.assetIds,
    created_at: claim.createdAt.toISOString(),
  };
}

function toLibraryAsset(row: LibraryRow): MediaAsset {
  return {
    ...toAsset(row),
    createdBy: row.created_by,
    fileName: row.file_name,
    collectionId: row.collection_id,
  };
}
