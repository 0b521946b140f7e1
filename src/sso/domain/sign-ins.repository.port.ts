import type { LoginCode, PendingSignIn } from './sign-in.js';

/** Sign-ins under way and the codes they end with, inside a unit of work. */
export abstract class SignInsRepository {
  /** Also deletes some that have ended. */
  abstract add(signIn: PendingSignIn, now: Date): Promise<void>;

  /** Takes it away: of two callbacks with one state one gets it. Null when unknown or ended. */
  abstract take(stateHash: Buffer, now: Date): Promise<PendingSignIn | null>;

  /** Also deletes some that have ended. */
  abstract addCode(code: LoginCode, now: Date): Promise<void>;

  /** Takes it away, as `take`. */
  abstract takeCode(codeHash: Buffer, now: Date): Promise<LoginCode | null>;
}
