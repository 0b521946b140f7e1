import type { EntityManager } from 'typeorm';
import type { Invite } from '../domain/invite.js';
import {
  INVITES_CLOSED_PER_SPACE_MAX,
  InvitesRepository,
} from '../domain/invites.repository.port.js';
import { InviteEntity } from './invite.entity.js';

/** `now` is the second parameter of every statement that asks. */
const IS_OPEN = `revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
  AND (max_uses IS NULL OR uses_count < max_uses)`;

const COUNT_OPEN = `SELECT count(*)::integer AS open FROM invites WHERE search_space_id = $1 AND ${IS_OPEN}`;

const FORGET_CLOSED = `DELETE FROM invites WHERE id IN (
  SELECT id FROM invites WHERE search_space_id = $1 AND NOT (${IS_OPEN}) ORDER BY id DESC OFFSET $3)`;

/** Counts and decides in one step, so that the last use is taken once whatever stands around it. */
const USE = `UPDATE invites SET uses_count = uses_count + 1 WHERE id = $1 AND ${IS_OPEN} RETURNING id`;

const IS_OFFERED = `SELECT id FROM invites WHERE role_id = $1 AND ${IS_OPEN} LIMIT 1`;

export class TypeormInvitesRepository extends InvitesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(invite: Invite): Promise<void> {
    await this.manager.insert(InviteEntity, { ...invite });
    const { searchSpaceId, createdAt } = invite;
    const values = [searchSpaceId, createdAt, INVITES_CLOSED_PER_SPACE_MAX];
    await this.manager.query(FORGET_CLOSED, values);
  }

  async countOpen(searchSpaceId: string, now: Date): Promise<number> {
    const [row] = await this.manager.query<{ open: number }[]>(COUNT_OPEN, [searchSpaceId, now]);
    return row?.open ?? 0;
  }

  lock(searchSpaceId: string, id: string): Promise<Invite | null> {
    return this.manager.findOne(InviteEntity, {
      where: { id, searchSpaceId },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async revoke(id: string, now: Date): Promise<void> {
    await this.manager.update(InviteEntity, { id }, { revokedAt: now });
  }

  async use(id: string, now: Date): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(USE, [id, now]);
    return rows.length === 1;
  }

  async isRoleOffered(roleId: string, now: Date): Promise<boolean> {
    const rows = await this.manager.query<object[]>(IS_OFFERED, [roleId, now]);
    return rows.length > 0;
  }

  async removeClosedOf(roleId: string): Promise<void> {
    await this.manager.delete(InviteEntity, { roleId });
  }
}
