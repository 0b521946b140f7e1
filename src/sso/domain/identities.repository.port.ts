import type { HeldMembership, MappedRole } from './plan-memberships.js';
import type { Identity } from './sign-in.js';

/** The account behind an identity, as a sign-in needs it. */
export interface Account {
  id: string;
  email: string;
  name: string;
  isActive: boolean;
}

/** Links between issuers' people and our users, and what the links bring, inside a unit of work. */
export abstract class IdentitiesRepository {
  /** Of two sign-ins of one person one waits for the other, also before there is a link. */
  abstract lockSubject(providerId: string, issuer: string, subject: string): Promise<void>;

  abstract find(providerId: string, issuer: string, subject: string): Promise<Identity | null>;

  abstract add(identity: Identity): Promise<void>;

  abstract touch(identityId: string, now: Date): Promise<void>;

  /** The account, kept from changing until the transaction ends. */
  abstract lockAccount(by: { id: string } | { email: string }): Promise<Account | null>;

  abstract rename(userId: string, name: string): Promise<void>;

  /** The roles that these groups give, in spaces that are in use; never one that holds everything. */
  abstract listMappedRoles(providerId: string, groups: readonly string[]): Promise<MappedRole[]>;

  abstract listHeld(userId: string, providerId: string): Promise<HeldMembership[]>;

  /** Marks a membership as made by a mapping. */
  abstract markManaged(
    membership: { membershipId: string; searchSpaceId: string; userId: string },
    providerId: string,
  ): Promise<void>;
}
