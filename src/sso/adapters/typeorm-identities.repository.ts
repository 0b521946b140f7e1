import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import { type Account, IdentitiesRepository } from '../domain/identities.repository.port.js';
import type { HeldMembership, MappedRole } from '../domain/plan-memberships.js';
import type { Identity } from '../domain/sign-in.js';

/** A person whose groups give more than this gets the first of them. */
const MAPPED_ROLES_MAX = 2_000;

interface IdentityRow {
  id: string;
  user_id: string;
  created_at: Date;
  last_login_at: Date;
}

interface MappedRow {
  search_space_id: string;
  role_id: string;
  name: string;
  permissions: string[];
}

interface HeldRow {
  id: string;
  search_space_id: string;
  role_id: string;
  is_owner: boolean;
  is_managed: boolean;
}

export class TypeormIdentitiesRepository extends IdentitiesRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async lockSubject(providerId: string, issuer: string, subject: string): Promise<void> {
    await this.manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 640))', [
      JSON.stringify([providerId, issuer, subject]),
    ]);
  }

  async find(providerId: string, issuer: string, subject: string): Promise<Identity | null> {
    const [row] = await this.manager.query<IdentityRow[]>(
      `SELECT id, user_id, created_at, last_login_at FROM user_identities
       WHERE provider_id = $1 AND issuer = $2 AND subject = $3`,
      [providerId, issuer, subject],
    );
    if (!row) return null;
    return {
      id: row.id,
      userId: row.user_id,
      providerId,
      issuer,
      subject,
      createdAt: row.created_at,
      lastLoginAt: row.last_login_at,
    };
  }

  async add(identity: Identity): Promise<void> {
    await this.manager.query(
      `INSERT INTO user_identities
         (id, user_id, provider_id, issuer, subject, created_at, last_login_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        identity.id,
        identity.userId,
        identity.providerId,
        identity.issuer,
        identity.subject,
        identity.createdAt,
        identity.lastLoginAt,
      ],
    );
  }

  async touch(identityId: string, now: Date): Promise<void> {
    await this.manager.query('UPDATE user_identities SET last_login_at = $2 WHERE id = $1', [
      identityId,
      now,
    ]);
  }

  /** Reads the auth room's table: of what it holds a sign-in changes the name alone. */
  async lockAccount(by: { id: string } | { email: string }): Promise<Account | null> {
    const [column, value] = 'id' in by ? ['id', by.id] : ['email', by.email];
    const [row] = await this.manager.query<
      { id: string; email: string; name: string; status: string }[]
    >(`SELECT id, email, name, status FROM users WHERE ${column} = $1 FOR UPDATE`, [value]);
    if (!row) return null;
    return { id: row.id, email: row.email, name: row.name, isActive: row.status === 'active' };
  }

  async rename(userId: string, name: string): Promise<void> {
    await this.manager.query('UPDATE users SET name = $2 WHERE id = $1', [userId, name]);
    await this.epoch.bump(this.manager);
  }

  /** A space on its way out takes nobody in; the lock keeps it from beginning to go meanwhile. */
  async listMappedRoles(providerId: string, groups: readonly string[]): Promise<MappedRole[]> {
    const rows = await this.manager.query<MappedRow[]>(
      `SELECT g.search_space_id, g.role_id, r.name, r.permissions
       FROM group_mappings g
       JOIN roles r ON r.id = g.role_id
       JOIN search_spaces s ON s.id = g.search_space_id
       WHERE g.provider_id = $1 AND g.group_name = ANY ($2::text[])
         AND s.state = 'active' AND NOT '*' = ANY (r.permissions)
       ORDER BY g.search_space_id, g.id LIMIT $3 FOR SHARE OF s, r`,
      [providerId, groups, MAPPED_ROLES_MAX],
    );
    return rows.map((row) => ({
      searchSpaceId: row.search_space_id,
      roleId: row.role_id,
      roleName: row.name,
      permissions: row.permissions,
    }));
  }

  async listHeld(userId: string, providerId: string): Promise<HeldMembership[]> {
    const rows = await this.manager.query<HeldRow[]>(
      `SELECT m.id, m.search_space_id, m.role_id, m.is_owner, g.membership_id IS NOT NULL AS is_managed
       FROM memberships m
       LEFT JOIN managed_memberships g ON g.membership_id = m.id AND g.provider_id = $2
       WHERE m.user_id = $1 ORDER BY m.id FOR UPDATE OF m`,
      [userId, providerId],
    );
    return rows.map((row) => ({
      membershipId: row.id,
      searchSpaceId: row.search_space_id,
      roleId: row.role_id,
      isOwner: row.is_owner,
      isManaged: row.is_managed,
    }));
  }

  async markManaged(
    membership: { membershipId: string; searchSpaceId: string; userId: string },
    providerId: string,
  ): Promise<void> {
    await this.manager.query(
      `INSERT INTO managed_memberships (membership_id, search_space_id, user_id, provider_id)
       VALUES ($1, $2, $3, $4)`,
      [membership.membershipId, membership.searchSpaceId, membership.userId, providerId],
    );
  }
}
