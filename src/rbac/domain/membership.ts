import type { Grant } from './role.js';

/** A user's place in one space. */
export interface Membership {
  id: string;
  searchSpaceId: string;
  userId: string;
  roleId: string;
  /** The owner holds every permission, whatever the role says. One a space. */
  isOwner: boolean;
  joinedAt: Date;
}

/** A membership with its role, as it is checked and shown. */
export interface Member extends Membership {
  roleName: string;
  permissions: readonly Grant[];
}
