import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { ApiKey, KeyChanges, KeySecret } from '../domain/api-key.js';
import { ApiKeysRepository } from '../domain/api-keys.repository.port.js';
import { type ApiKeyRow, SELECT_API_KEYS, toApiKey } from './api-key-row.js';
import { ApiKeySecretEntity } from './api-key-secret.entity.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** By name: the row of the space is for who spends and who deletes, and they need not wait here. */
const LOCK_KEYS = `SELECT pg_advisory_xact_lock(hashtextextended('api_keys:' || $1, 0))`;
const COUNT = `SELECT count(*)::int AS of_space, (count(*) FILTER (WHERE user_id = $2))::int AS of_user
  FROM api_keys WHERE search_space_id = $1 AND revoked_at IS NULL`;
const REVOKE_ALL = `UPDATE api_keys SET revoked_at = $3
  WHERE user_id = $1 AND search_space_id = $2 AND revoked_at IS NULL RETURNING id`;

export class TypeormApiKeysRepository extends ApiKeysRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add(key: ApiKey, secret: KeySecret): Promise<void> {
    const { lookupId: _lookupId, ...row } = key;
    await this.manager.insert(ApiKeyEntity, { ...row, ...toLists(row) });
    await this.addSecret(key, secret, key.createdAt);
    await this.epoch.bump(this.manager);
  }

  async lock(id: string): Promise<ApiKey | null> {
    const text = `${SELECT_API_KEYS} WHERE k.id = $1 FOR UPDATE OF k`;
    const [row] = await this.manager.query<ApiKeyRow[]>(text, [id]);
    return row ? toApiKey(row) : null;
  }

  async change(id: string, changes: KeyChanges): Promise<void> {
    await this.manager.update(ApiKeyEntity, { id }, { ...changes, ...toLists(changes) });
    await this.epoch.bump(this.manager);
  }

  async rotate(
    key: Pick<ApiKey, 'id' | 'searchSpaceId'>,
    secret: KeySecret,
    { now, oldEndsAt }: { now: Date; oldEndsAt: Date | null },
  ): Promise<void> {
    const ofKey = { apiKeyId: key.id };
    const secrets = this.manager.createQueryBuilder().delete().from(ApiKeySecretEntity);
    await secrets
      .where('api_key_id = :id', { id: key.id })
      .andWhere(oldEndsAt === null ? 'true' : 'expires_at IS NOT NULL')
      .execute();
    if (oldEndsAt) await this.manager.update(ApiKeySecretEntity, ofKey, { expiresAt: oldEndsAt });
    await this.addSecret(key, secret, now);
    await this.epoch.bump(this.manager);
  }

  async revoke(id: string, now: Date): Promise<boolean> {
    const { affected } = await this.manager
      .createQueryBuilder()
      .update(ApiKeyEntity)
      .set({ revokedAt: now })
      .where('id = :id AND revoked_at IS NULL', { id })
      .execute();
    if (affected !== 1) return false;
    await this.epoch.bump(this.manager);
    return true;
  }

  async revokeAllOf(userId: string, searchSpaceId: string, now: Date): Promise<string[]> {
    const [rows] = await this.manager.query<[{ id: string }[], number]>(REVOKE_ALL, [
      userId,
      searchSpaceId,
      now,
    ]);
    if (rows.length > 0) await this.epoch.bump(this.manager);
    return rows.map(({ id }) => id);
  }

  async lockCounts(
    searchSpaceId: string,
    userId: string,
  ): Promise<{ ofUser: number; ofSpace: number }> {
    await this.manager.query(LOCK_KEYS, [searchSpaceId]);
    const [row] = await this.manager.query<{ of_space: number; of_user: number }[]>(COUNT, [
      searchSpaceId,
      userId,
    ]);
    return { ofUser: row?.of_user ?? 0, ofSpace: row?.of_space ?? 0 };
  }

  private async addSecret(
    { id, searchSpaceId }: Pick<ApiKey, 'id' | 'searchSpaceId'>,
    { lookupId, keyHash }: KeySecret,
    createdAt: Date,
  ): Promise<void> {
    await this.manager.insert(ApiKeySecretEntity, {
      lookupId,
      apiKeyId: id,
      searchSpaceId,
      keyHash,
      createdAt,
      expiresAt: null,
    });
  }
}

type Lists = Pick<
  KeyChanges,
  'tags' | 'scopes' | 'allowedModels' | 'allowedEndpoints' | 'allowedCidrs' | 'deniedCidrs'
>;

/** TypeORM wants lists of its own; what was not named stays unnamed. */
function toLists(given: Lists) {
  return {
    tags: copy(given.tags),
    scopes: copy(given.scopes),
    allowedModels: copy(given.allowedModels),
    allowedEndpoints: copy(given.allowedEndpoints),
    allowedCidrs: copy(given.allowedCidrs),
    deniedCidrs: copy(given.deniedCidrs),
  };
}

function copy<T>(list: readonly T[] | undefined): T[] | undefined {
  return list && [...list];
}
