import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { UsersService } from '../auth/users.service.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { isGranted } from '../common/permission.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { toPermissions } from './domain/access.js';
import { findFault, type InviteFault, type OfferedInvite, statusOf } from './domain/invite.js';
import { findCodeMark } from './domain/invite-code.js';
import { InvitesReader } from './domain/invites.reader.port.js';
import { InvitesRepository } from './domain/invites.repository.port.js';
import { inviteRefused } from './domain/rbac.errors.js';
import { findExcess, type Grant, isOwnerRole, type Role } from './domain/role.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { joinSpace, toMemberEntry, toRoleState } from './join-space.js';

/** What an invite's code opens, for whoever has it. */
export interface Offer {
  /** Null: it works. */
  fault: InviteFault | null;
  /** Both null for a code that there is not. */
  spaceName: string | null;
  roleName: string | null;
}

export interface AcceptedInvite {
  searchSpaceId: string;
  spaceName: string;
  role: Role;
}

/**
 * Looking at an invite and taking it. The code is the credential: guesses count against the address they come from,
 * like wrong passwords. An invite gives no more than its maker could give at that moment.
 */
@Injectable()
export class AcceptInviteService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invites: InvitesReader,
    private readonly users: UsersService,
    private readonly limiter: AddressLimiter,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `auth.login_throttled` */
  async describe(code: string, address: string): Promise<Offer> {
    const invite = await this.find(code, address);
    if (!invite) return { fault: 'unknown', spaceName: null, roleName: null };
    const { spaceName, roleName, rolePermissions, makerPermissions } = invite;
    const isGiven =
      canGive(makerPermissions, rolePermissions) && (await this.isActive(invite.createdBy));
    const ended = findFault(statusOf(invite, this.clock.now()));
    return { fault: ended ?? (isGiven ? null : 'maker_without_rights'), spaceName, roleName };
  }

  /**
   * Makes the caller a member.
   * @throws DomainError `request.not_found` for an unknown code, `rbac.invite_refused` with its `reason`,
   * `auth.login_throttled`
   */
  async accept(caller: Caller, code: string, address: string): Promise<AcceptedInvite> {
    const invite = await this.find(code, address);
    if (!invite) throw inviteRefused('unknown');
    const isMakerActive = await this.isActive(invite.createdBy);
    const searchSpaceIds = [invite.searchSpaceId];
    return this.unitOfWork.run(
      async (scope) => {
        const now = this.clock.now();
        const role = await this.lockOffer(scope, caller, { invite, isMakerActive, now });
        const isUsed = await scope.get(InvitesRepository).use(invite.id, now);
        if (!isUsed) throw inviteRefused('used_up');
        const isAdded = await joinSpace(scope, role, caller.userId, now);
        if (!isAdded) throw inviteRefused('already_member');
        const { searchSpaceId, spaceName } = invite;
        const after = { ...toRoleState(role), invite_id: invite.id };
        await scope.get(AuditTrail).record(
          {
            action: 'invite.accepted',
            target: { type: 'invite', id: invite.id },
            searchSpaceId,
            after: { user_id: caller.userId, role: role.name },
          },
          toMemberEntry('member.added', role, caller.userId, null, after),
        );
        return { searchSpaceId, spaceName, role };
      },
      { searchSpaceIds },
    );
  }

  /** Everything that decides, read anew under lock; gives the role that the caller gets. */
  private async lockOffer(
    scope: WorkScope,
    caller: Caller,
    {
      invite: known,
      isMakerActive,
      now,
    }: { invite: OfferedInvite; isMakerActive: boolean; now: Date },
  ): Promise<Role> {
    const repository = scope.get(RolesRepository);
    const { searchSpaceId } = known;
    const isThere = await repository.lockSpace(searchSpaceId);
    const invite = isThere && (await scope.get(InvitesRepository).lock(searchSpaceId, known.id));
    if (!invite) throw inviteRefused('unknown');
    const ended = findFault(statusOf(invite, now));
    if (ended) throw inviteRefused(ended);
    const userIds = [invite.createdBy, caller.userId];
    const members = await repository.lockMembers(searchSpaceId, userIds);
    if (members.some(({ userId }) => userId === caller.userId)) {
      throw inviteRefused('already_member');
    }
    const maker = members.find(({ userId }) => userId === invite.createdBy);
    const held = maker && isMakerActive ? toPermissions(maker.isOwner, maker.permissions) : null;
    const role = await repository.lockRole(searchSpaceId, invite.roleId);
    if (!role || !canGive(held, role.permissions)) throw inviteRefused('maker_without_rights');
    return role;
  }

  private async find(code: string, address: string): Promise<OfferedInvite | null> {
    await this.limiter.assertAllowed(address);
    const mark = findCodeMark(code);
    if (!mark) return null;
    const invite = await this.invites.findByCode(mark.hash);
    if (!invite) await this.limiter.recordFailure(address);
    return invite;
  }

  private async isActive(userId: string): Promise<boolean> {
    const user = await this.users.findById(userId);
    return user?.status === 'active';
  }
}

/** Whether who holds this (null: who has left) may bring somebody in under such a role. */
function canGive(held: readonly Grant[] | null, wanted: readonly Grant[]): boolean {
  if (held === null || isOwnerRole({ permissions: wanted })) return false;
  return isGranted(held, 'members:invite') && findExcess(held, wanted) === null;
}
