import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import { assert } from '../../common/assert.js';
import type { RefreshAttempt, RefreshToken, Session } from '../domain/session.js';
import type { SessionClient } from '../domain/session-client.js';
import { SessionsRepository } from '../domain/sessions.repository.port.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';
import { SessionEntity } from './session.entity.js';

interface AttemptRow {
  token_id: string;
  session_id: string;
  user_id: string;
  used_at: Date | null;
  expires_at: Date;
  revoked_at: Date | null;
  status: RefreshAttempt['userStatus'];
  version: number;
}

const LOCK_SESSION = `SELECT id FROM sessions
  WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR UPDATE`;

const FIND_ATTEMPT = `SELECT t.id AS token_id, t.session_id, s.user_id, t.used_at, t.expires_at,
    s.revoked_at, u.status, u.version
  FROM refresh_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
  WHERE t.token_hash = $1`;

/** Newest first, so that what lies beyond `$2` open sessions is the oldest. */
const PRUNE = `DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE user_id = $1 AND (expires_at <= $3 OR revoked_at IS NOT NULL)
    UNION ALL
    (SELECT id FROM sessions WHERE user_id = $1 AND expires_at > $3 AND revoked_at IS NULL
      ORDER BY id DESC OFFSET $2)
  )
  RETURNING revoked_at IS NULL AND expires_at > $3 AS was_open`;

const REVOKE_OWN = `UPDATE sessions SET revoked_at = $3
  WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL AND expires_at > $3 RETURNING id`;

const REVOKE_ALL = `UPDATE sessions SET revoked_at = $3
  WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid AND revoked_at IS NULL
  RETURNING expires_at > $3 AS was_open`;

const REMEMBER_NETWORK = `INSERT INTO login_networks (user_id, network, last_login_at) VALUES ($1, $2, $3)
  ON CONFLICT (user_id, network) DO UPDATE SET last_login_at = EXCLUDED.last_login_at`;

const FORGET_NETWORKS = `DELETE FROM login_networks WHERE user_id = $1 AND network IN (
    SELECT network FROM login_networks WHERE user_id = $1
    ORDER BY last_login_at DESC, network OFFSET $2
  )`;

export class TypeormSessionsRepository extends SessionsRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add(session: Session): Promise<void> {
    await this.manager.insert(SessionEntity, { ...session });
  }

  async addToken(token: RefreshToken): Promise<void> {
    await this.manager.insert(RefreshTokenEntity, { ...token });
  }

  async lockByToken(tokenHash: Buffer): Promise<RefreshAttempt | null> {
    // Two statements: the second sees what the holder of the lock committed, the first would not.
    await this.manager.query(LOCK_SESSION, [tokenHash]);
    const [row] = await this.manager.query<AttemptRow[]>(FIND_ATTEMPT, [tokenHash]);
    return row ? toAttempt(row) : null;
  }

  async rotate(attempt: RefreshAttempt, now: Date): Promise<void> {
    const { affected } = await this.manager
      .createQueryBuilder()
      .update(RefreshTokenEntity)
      .set({ usedAt: now })
      .where('id = :id AND used_at IS NULL', { id: attempt.tokenId })
      .execute();
    assert(affected === 1, 'a refresh token was exchanged twice under one lock');
    await this.manager
      .createQueryBuilder()
      .delete()
      .from(RefreshTokenEntity)
      .where('session_id = :sessionId AND expires_at <= :now', {
        sessionId: attempt.sessionId,
        now,
      })
      .execute();
  }

  async revoke(sessionId: string, now: Date): Promise<boolean> {
    const { affected } = await this.manager
      .createQueryBuilder()
      .update(SessionEntity)
      .set({ revokedAt: now })
      .where('id = :sessionId AND revoked_at IS NULL', { sessionId })
      .execute();
    if (affected === 1) await this.epoch.bump(this.manager);
    return affected === 1;
  }

  async touch(
    sessionId: string,
    { client, expiresAt, now }: { client: SessionClient; expiresAt: Date; now: Date },
  ): Promise<void> {
    const change = { ...client, expiresAt, lastUsedAt: now };
    await this.manager.update(SessionEntity, { id: sessionId }, change);
  }

  async dropTokens(sessionId: string): Promise<void> {
    await this.manager.delete(RefreshTokenEntity, { sessionId });
  }

  async revokeOwn(userId: string, sessionId: string, now: Date): Promise<boolean> {
    const rows = await this.change(REVOKE_OWN, [userId, sessionId, now]);
    if (rows.length > 0) await this.epoch.bump(this.manager);
    return rows.length > 0;
  }

  async revokeAll(userId: string, exceptId: string | null, now: Date): Promise<number> {
    const rows = await this.change<{ was_open: boolean }>(REVOKE_ALL, [userId, exceptId, now]);
    if (rows.length > 0) await this.epoch.bump(this.manager);
    return rows.filter((row) => row.was_open).length;
  }

  async rememberNetwork(
    userId: string,
    network: string,
    { keep, now }: { keep: number; now: Date },
  ): Promise<void> {
    await this.manager.query(REMEMBER_NETWORK, [userId, network, now]);
    await this.manager.query(FORGET_NETWORKS, [userId, keep]);
  }

  async prune(userId: string, keep: number, now: Date): Promise<void> {
    const rows = await this.change<{ was_open: boolean }>(PRUNE, [userId, keep, now]);
    if (rows.some((row) => row.was_open)) await this.epoch.bump(this.manager);
  }

  /** The rows that an UPDATE or DELETE returns: TypeORM answers them as [rows, count]. */
  private async change<R extends object>(text: string, values: unknown[]): Promise<R[]> {
    const answer: unknown = await this.manager.query(text, values);
    return (answer as [R[], number])[0];
  }
}

function toAttempt(row: AttemptRow): RefreshAttempt {
  return {
    tokenId: row.token_id,
    sessionId: row.session_id,
    userId: row.user_id,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    sessionRevokedAt: row.revoked_at,
    userStatus: row.status,
    userVersion: row.version,
  };
}
