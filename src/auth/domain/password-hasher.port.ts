/** Turns passwords into hashes and checks them. Slow on purpose; bounded in how many run at once. */
export abstract class PasswordHasher {
  /**
   * A PHC string with its own salt.
   * @throws DomainError `request.busy` when too many others wait.
   */
  abstract hash(password: string): Promise<string>;

  /**
   * Whether the password is the one behind the hash. A null hash (no such user) costs the same work
   * and is never right, so that timing does not tell which addresses have an account.
   * @throws DomainError `request.busy` when too many others wait.
   */
  abstract verify(hash: string | null, password: string): Promise<boolean>;
}
