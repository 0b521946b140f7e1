/** A sign-in that is under way at an identity provider. */
export interface PendingSignIn {
  /** SHA-256 of the state the provider sends back. */
  stateHash: Buffer;
  providerId: string;
  /** SHA-256 of the cookie of the browser that began it. */
  browserHash: Buffer;
  nonce: string;
  /** PKCE: proves at the token endpoint that who began is who ends. */
  codeVerifier: string;
  returnTo: string;
  expiresAt: Date;
}

/** What a browser brings home and exchanges once for a session. */
export interface LoginCode {
  codeHash: Buffer;
  userId: string;
  providerId: string;
  expiresAt: Date;
}

/** A person as an issuer knows them, tied to a user here. */
export interface Identity {
  id: string;
  userId: string;
  providerId: string;
  issuer: string;
  subject: string;
  createdAt: Date;
  lastLoginAt: Date;
}

/** What a mapping says: members of this group get this role in this space. */
export interface GroupMapping {
  id: string;
  searchSpaceId: string;
  providerId: string;
  providerSlug: string;
  group: string;
  roleId: string;
  roleName: string;
  createdAt: Date;
}
