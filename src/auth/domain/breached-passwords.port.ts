/**
 * Passwords known from breaches elsewhere. `BREACHED_PASSWORDS_URL` selects who is asked; unset, nobody is. A
 * comfort: whoever is asked and does not answer in time knows nothing. Port and injection token.
 */
export abstract class BreachedPasswords {
  /** Whether it is known. Never throws; the password does not leave the process. May be repeated. */
  abstract has(password: string): Promise<boolean>;
}
