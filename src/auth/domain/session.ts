/** One login, from password to logout. Its refresh tokens follow one another. */
export interface Session {
  id: string;
  userId: string;
  createdAt: Date;
  /** The login, or the newest refresh. */
  lastUsedAt: Date;
  /** When the newest refresh token ends. */
  expiresAt: Date;
  /** Of the login or the newest refresh; null for sessions from before they were kept. */
  address: string | null;
  userAgent: string | null;
}

/** A refresh token as it is kept: its digest only. */
export interface RefreshToken {
  id: string;
  sessionId: string;
  tokenHash: Buffer;
  createdAt: Date;
  expiresAt: Date;
}

/** A presented refresh token with what decides about it, its session locked. */
export interface RefreshAttempt {
  tokenId: string;
  sessionId: string;
  userId: string;
  /** Set once it was exchanged; presenting it again then means it leaked. */
  usedAt: Date | null;
  expiresAt: Date;
  sessionRevokedAt: Date | null;
  userStatus: 'active' | 'disabled';
  userVersion: number;
}

/** What an access token is checked against. */
export interface LiveSession {
  userId: string;
  userVersion: number;
  isOperator: boolean;
}

/** What a login or a refresh answers with. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Life of the access token. */
  expiresInS: number;
}
