/** A one-time token for a new password as it is kept: its digest only. */
export interface PasswordReset {
  userId: string;
  tokenHash: Buffer;
  createdAt: Date;
  expiresAt: Date;
}

/** Changes to the one-time tokens, inside a unit of work. */
export abstract class PasswordResetsRepository {
  /** Takes the place of the user's earlier one. */
  abstract put(reset: PasswordReset): Promise<void>;

  /** Uses the token up: true once, for one of several at the same time, and only before its end. */
  abstract take(userId: string, tokenHash: Buffer, now: Date): Promise<boolean>;

  /** Whatever token the user has. */
  abstract drop(userId: string): Promise<void>;
}
