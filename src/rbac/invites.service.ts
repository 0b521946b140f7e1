import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditState } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { type Invite, type InviteStatus, type NamedInvite, statusOf } from './domain/invite.js';
import { findCodeMark, newInviteCode } from './domain/invite-code.js';
import { InvitesReader } from './domain/invites.reader.port.js';
import { INVITES_OPEN_PER_SPACE_MAX, InvitesRepository } from './domain/invites.repository.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { assertCovers, assertHolds, lockGrantable, lockRights } from './lock-rights.js';

export interface NewInvite {
  name?: string;
  /** Name or id; undefined for whatever role is the default when the invite is accepted. */
  role?: string;
  expiresAt: Date | null;
  maxUses: number | null;
}

/** An invite as it stands at this moment. */
export interface ShownInvite extends NamedInvite {
  status: InviteStatus;
}

/** An invite as its maker sees it this once. */
export interface IssuedInvite {
  code: string;
  invite: ShownInvite;
}

/** Making, listing and revoking the ways into a space. */
@Injectable()
export class InvitesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invites: InvitesReader,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `rbac.permission_denied` for a role beyond the caller's own, `request.invalid` for a role
   * that cannot be given and for an expiry in the past, `request.conflict` for one open invite too many
   */
  create(caller: Caller, searchSpaceId: string, input: NewInvite): Promise<IssuedInvite> {
    const code = newInviteCode();
    const mark = findCodeMark(code);
    assert(mark, 'a code of another form');
    return this.unitOfWork.run(async (scope) => {
      const now = this.clock.now();
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['members:invite']);
      const role = await lockGrantable(repository, searchSpaceId, held, input.role ?? null);
      assertFuture(input.expiresAt, now);
      const open = await scope.get(InvitesRepository).countOpen(searchSpaceId, now);
      if (open >= INVITES_OPEN_PER_SPACE_MAX) throw tooManyInvites();
      const invite: Invite = {
        id: newId(),
        searchSpaceId: role.searchSpaceId,
        codeHash: mark.hash,
        codePrefix: mark.prefix,
        name: input.name?.trim() ?? '',
        roleId: input.role === undefined ? null : role.id,
        createdBy: caller.userId,
        maxUses: input.maxUses,
        usesCount: 0,
        expiresAt: input.expiresAt,
        revokedAt: null,
        createdAt: now,
      };
      await scope.get(InvitesRepository).add(invite);
      const named = { ...invite, roleName: role.name };
      await scope.get(AuditTrail).record(toEntry('invite.created', invite, null, toState(named)));
      return { code, invite: { ...named, status: 'open' } };
    });
  }

  /** Newest first; one row more than `limit` when there are more. */
  async list(searchSpaceId: string, page: PageRequest): Promise<ShownInvite[]> {
    const invites = await this.invites.list(searchSpaceId, page);
    return invites.map((invite) => this.toShown(invite));
  }

  /** @throws DomainError `request.not_found` for an invite of another space too */
  async get(searchSpaceId: string, id: string): Promise<ShownInvite> {
    const invite = isId(id) ? await this.invites.findById(searchSpaceId, id) : null;
    if (!invite) throw inviteNotFound();
    return this.toShown(invite);
  }

  /**
   * Ends an invite. Repeating it changes nothing.
   * @throws DomainError `request.not_found`, `rbac.permission_denied` for somebody else's to a role beyond the caller's
   */
  async revoke(caller: Caller, searchSpaceId: string, id: string): Promise<void> {
    if (!isId(id)) throw inviteNotFound();
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['members:invite']);
      const invite = await scope.get(InvitesRepository).lock(searchSpaceId, id);
      if (!invite) throw inviteNotFound();
      if (invite.createdBy !== caller.userId) {
        const role = await repository.lockRole(searchSpaceId, invite.roleId);
        assertCovers(held, role?.permissions ?? []);
      }
      if (invite.revokedAt !== null) return;
      const now = this.clock.now();
      await scope.get(InvitesRepository).revoke(invite.id, now);
      const before = { status: statusOf(invite, now) };
      const entry = toEntry('invite.revoked', invite, before, { status: 'revoked' });
      await scope.get(AuditTrail).record(entry);
    });
  }

  private toShown(invite: NamedInvite): ShownInvite {
    return { ...invite, status: statusOf(invite, this.clock.now()) };
  }
}

function assertFuture(expiresAt: Date | null, now: Date): void {
  if (expiresAt === null || expiresAt > now) return;
  throw DomainError.invalid('expires_at', 'must be in the future');
}

function inviteNotFound(): DomainError {
  return DomainError.notFound('invite');
}

function tooManyInvites(): DomainError {
  return new DomainError(
    'request.conflict',
    `This search space has ${INVITES_OPEN_PER_SPACE_MAX} open invites, the most there can be. Revoke one first.`,
  );
}

function toEntry(
  action: string,
  { id, searchSpaceId }: Invite,
  before: AuditState | null,
  after: AuditState | null,
): AuditEntry {
  return { action, target: { type: 'invite', id }, searchSpaceId, before, after };
}

function toState(invite: NamedInvite): AuditState {
  return {
    name: invite.name,
    code_prefix: invite.codePrefix,
    role: invite.roleName,
    role_id: invite.roleId,
    max_uses: invite.maxUses,
    expires_at: invite.expiresAt,
  };
}
