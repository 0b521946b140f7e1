import type { Grant } from './role.js';

/** A way into a space for whoever has its code. */
export interface Invite {
  id: string;
  searchSpaceId: string;
  codeHash: Buffer;
  /** The first letters of the code, to tell it by. */
  codePrefix: string;
  name: string;
  /** Null: whatever role is the default when the invite is accepted. */
  roleId: string | null;
  /** Its maker, whose rights bound what it gives, at every use. */
  createdBy: string;
  /** Null: without limit. */
  maxUses: number | null;
  usesCount: number;
  /** Null: never. */
  expiresAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

/** An invite with the role that it gives now. */
export interface NamedInvite extends Invite {
  roleName: string;
}

/** An invite with all that decides whether it works. */
export interface OfferedInvite extends NamedInvite {
  spaceName: string;
  rolePermissions: readonly Grant[];
  /** What its maker holds in the space; null when they have left it. */
  makerPermissions: readonly Grant[] | null;
}

export type InviteStatus = 'open' | 'revoked' | 'expired' | 'used_up';

/** Why an invite does not work. */
export type InviteFault =
  'unknown' | 'inactive' | 'expired' | 'used_up' | 'maker_without_rights' | 'already_member';

/** Revoked stands before expired, and that before used up: the first that is true is said. */
export function statusOf(
  invite: Pick<Invite, 'revokedAt' | 'expiresAt' | 'maxUses' | 'usesCount'>,
  now: Date,
): InviteStatus {
  if (invite.revokedAt !== null) return 'revoked';
  if (invite.expiresAt !== null && invite.expiresAt <= now) return 'expired';
  if (invite.maxUses !== null && invite.usesCount >= invite.maxUses) return 'used_up';
  return 'open';
}

/** The reason that callers are told; null for an open invite. */
export function findFault(status: InviteStatus): InviteFault | null {
  if (status === 'open') return null;
  return status === 'revoked' ? 'inactive' : status;
}
