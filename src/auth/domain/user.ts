export type UserStatus = 'active' | 'disabled';

/** A person with an account. */
export interface User {
  id: string;
  /** Trimmed and in lower case. */
  email: string;
  name: string;
  isOperator: boolean;
  status: UserStatus;
  /** Grows when password, status or rank change; access tokens of an older version are void. */
  version: number;
  createdAt: Date;
}

/** A user together with what a login is checked against. */
export interface UserCredentials extends User {
  /** Null for who signs in through an identity provider alone. */
  passwordHash: string | null;
}

/** What an operator may look for. */
export interface UserFilter {
  status: UserStatus | null;
  /** Beginning of the e-mail address, as `normalizeEmail` spells it. */
  emailPrefix: string | null;
}

/** What can be changed of an account; undefined stays as it is. */
export interface UserChange {
  name?: string;
  isOperator?: boolean;
  status?: UserStatus;
}
