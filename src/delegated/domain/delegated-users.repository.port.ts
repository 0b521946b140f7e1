import type { DelegatedUser } from './delegated-user.js';

/** Changes to delegated users, inside a unit of work. */
export abstract class DelegatedUsersRepository {
  /** False when the space has an account for this user already; nothing is written then. */
  abstract add(user: DelegatedUser): Promise<boolean>;
}
