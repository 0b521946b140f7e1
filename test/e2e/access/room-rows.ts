/** Rows of rooms that an ordinary day of a test does not make, as statements: the space is `$1`, a user of it `$2`. */
import { newId } from '../../../src/common/ids.js';

export function toRoomRows(space: string, user: string): [text: string, values: unknown[]][] {
  const sha256 = 'a'.repeat(64);
  return [
    [
      `INSERT INTO dead_letters (id, generation_id, search_space_id, error_code, error_message, attempts, may_have_been_sent)
       SELECT $2, id, $1, 'internal', 'The store was away.', 1, false
         FROM generations WHERE search_space_id = $1 LIMIT 1`,
      [space, newId()],
    ],
    [
      `INSERT INTO media_claims (caller_id, key, search_space_id, fingerprint, asset_ids, created_at)
       VALUES ($2, 'k', $1, $3, ARRAY[]::uuid[], now())`,
      [space, newId(), sha256],
    ],
    [
      `INSERT INTO media_bands (search_space_id, band, sha256, phash)
       SELECT search_space_id, 7, sha256, 7 FROM media_analyses WHERE search_space_id = $1 LIMIT 1`,
      [space],
    ],
    [
      `INSERT INTO prompt_optimizations (id, search_space_id, model, is_success, original_length, optimized_length, time_ms,
         retention_percent, created_at)
       VALUES ($2, $1, 'gpt-oss:20b', true, 3001, 2800, 900, 90, now())`,
      [space, newId()],
    ],
    [
      `INSERT INTO retention_policies (search_space_id, keeps_favourites, updated_at) VALUES ($1, true, now())`,
      [space],
    ],
    [
      `INSERT INTO legal_holds (id, search_space_id, reason, scope, placed_by, placed_at, lifted_by, lifted_at, lift_reason)
       VALUES ($2, $1, 'Case 1', 'space', $3, now(), $3, now(), 'Over')`,
      [space, newId(), user],
    ],
    [
      `WITH made AS (
         INSERT INTO storage_cleanups (id, search_space_id, filters, state, generations, pictures, bytes, held_back,
           asked_by, created_at)
         VALUES ($2, $1, '{}', 'planned', 1, 1, 1, 0, $3, now()) RETURNING id)
       INSERT INTO storage_cleanup_items (cleanup_id, generation_id, search_space_id) SELECT id, $3, $1 FROM made`,
      [space, newId(), user],
    ],
    [
      `INSERT INTO storage_quotas (search_space_id, max_bytes, updated_by, updated_at) VALUES ($1, 1000000000, $2, now())`,
      [space, user],
    ],
    [
      `INSERT INTO storage_changes (search_space_id, kind, role, format, pictures, bytes)
       VALUES ($1, 'asset', 'output', 'png', 0, 0)`,
      [space],
    ],
    [
      `INSERT INTO storage_sums (search_space_id, kind, role, format, pictures, bytes)
       VALUES ($1, 'asset', 'mask', 'png', 0, 0)`,
      [space],
    ],
    [
      `INSERT INTO space_provenance (search_space_id, marks_relayed, signs_c2pa, updated_at)
       VALUES ($1, true, false, now())`,
      [space],
    ],
    [
      `INSERT INTO try_on_consents (id, search_space_id, generation_id, subject, basis, person_sha256, given_by, created_at)
       VALUES ($2, $1, $3, 'self', 'consent', $4, $5, now())`,
      [space, newId(), newId(), sha256, user],
    ],
    [
      `INSERT INTO try_on_declarations (search_space_id, text_version, declared_by, declared_at)
       VALUES ($1, '2026-01', $2, now())`,
      [space, user],
    ],
    [
      `INSERT INTO webhook_wallet_notices (search_space_id, status) VALUES ($1, 'warning')`,
      [space],
    ],
  ];
}
