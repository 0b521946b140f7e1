import type { UserCredentials } from './user.js';

/** Changes to users, inside a unit of work. */
export abstract class UsersRepository {
  /** False when the e-mail address is taken; nothing is written then. */
  abstract add(user: UserCredentials): Promise<boolean>;

  /** Whether there is any user, as this transaction sees it. */
  abstract hasAny(): Promise<boolean>;
}
