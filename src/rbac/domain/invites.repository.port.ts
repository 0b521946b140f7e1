import type { Invite } from './invite.js';

/** A space cannot have more invites that work. */
export const INVITES_OPEN_PER_SPACE_MAX = 100;

/** Of invites that work no more a space keeps the newest; the audit trail keeps what all of them did. */
export const INVITES_CLOSED_PER_SPACE_MAX = 1_000;

/** Changes to invites, inside a unit of work that holds the lock of their space. */
export abstract class InvitesRepository {
  /** Adds the invite, and forgets the oldest of those closed beyond `INVITES_CLOSED_PER_SPACE_MAX`. */
  abstract add(invite: Invite): Promise<void>;

  abstract countOpen(searchSpaceId: string, now: Date): Promise<number>;

  /** The invite as it is now, kept from changing; null when the space has none of this id. */
  abstract lock(searchSpaceId: string, id: string): Promise<Invite | null>;

  abstract revoke(id: string, now: Date): Promise<void>;

  /** Takes one use; false, and nothing taken, when the invite is open no more. */
  abstract use(id: string, now: Date): Promise<boolean>;

  /** Whether an open invite names the role. */
  abstract isRoleOffered(roleId: string, now: Date): Promise<boolean>;

  /** Forgets the invites that name the role, all of which must be closed. */
  abstract removeClosedOf(roleId: string): Promise<void>;
}
