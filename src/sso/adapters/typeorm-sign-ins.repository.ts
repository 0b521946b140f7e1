import type { EntityManager } from 'typeorm';
import type { LoginCode, PendingSignIn } from '../domain/sign-in.js';
import { SignInsRepository } from '../domain/sign-ins.repository.port.js';

/** More leave than come, so the tables stay as small as what is under way. */
const SWEEP_ROWS = 50;

interface SignInRow {
  provider_id: string;
  browser_hash: Buffer;
  nonce: string;
  code_verifier: string;
  return_to: string;
  expires_at: Date;
}

interface CodeRow {
  user_id: string;
  provider_id: string;
  expires_at: Date;
}

export class TypeormSignInsRepository extends SignInsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(signIn: PendingSignIn, now: Date): Promise<void> {
    await this.sweep('sso_sign_ins', 'state_hash', now);
    await this.manager.query(
      `INSERT INTO sso_sign_ins
         (state_hash, provider_id, browser_hash, nonce, code_verifier, return_to, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        signIn.stateHash,
        signIn.providerId,
        signIn.browserHash,
        signIn.nonce,
        signIn.codeVerifier,
        signIn.returnTo,
        signIn.expiresAt,
      ],
    );
  }

  async take(stateHash: Buffer, now: Date): Promise<PendingSignIn | null> {
    const row = await this.takeRow<SignInRow>(
      `DELETE FROM sso_sign_ins WHERE state_hash = $1
       RETURNING provider_id, browser_hash, nonce, code_verifier, return_to, expires_at`,
      stateHash,
    );
    if (!row || row.expires_at <= now) return null;
    return {
      stateHash,
      providerId: row.provider_id,
      browserHash: row.browser_hash,
      nonce: row.nonce,
      codeVerifier: row.code_verifier,
      returnTo: row.return_to,
      expiresAt: row.expires_at,
    };
  }

  async addCode(code: LoginCode, now: Date): Promise<void> {
    await this.sweep('sso_login_codes', 'code_hash', now);
    await this.manager.query(
      `INSERT INTO sso_login_codes (code_hash, user_id, provider_id, expires_at)
       VALUES ($1, $2, $3, $4)`,
      [code.codeHash, code.userId, code.providerId, code.expiresAt],
    );
  }

  async takeCode(codeHash: Buffer, now: Date): Promise<LoginCode | null> {
    const row = await this.takeRow<CodeRow>(
      `DELETE FROM sso_login_codes WHERE code_hash = $1 RETURNING user_id, provider_id, expires_at`,
      codeHash,
    );
    if (!row || row.expires_at <= now) return null;
    return {
      codeHash,
      userId: row.user_id,
      providerId: row.provider_id,
      expiresAt: row.expires_at,
    };
  }

  private async takeRow<R>(statement: string, hash: Buffer): Promise<R | null> {
    const answer: unknown = await this.manager.query(statement, [hash]);
    // TypeORM answers a DELETE with [rows, count].
    const [rows] = answer as [R[], number];
    return rows[0] ?? null;
  }

  /** Rows that another transaction is at are left to it. */
  private async sweep(table: string, key: string, now: Date): Promise<void> {
    await this.manager.query(
      `DELETE FROM ${table} WHERE ${key} IN (
         SELECT ${key} FROM ${table} WHERE expires_at <= $1 LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED)`,
      [now],
    );
  }
}
