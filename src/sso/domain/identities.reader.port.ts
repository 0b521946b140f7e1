/** What a token of an issuer is checked against. */
export interface LinkedUser {
  userId: string;
  email: string;
  isActive: boolean;
  lastLoginAt: Date;
}

/** Questions about links, outside any transaction. */
export abstract class IdentitiesReader {
  abstract find(providerId: string, issuer: string, subject: string): Promise<LinkedUser | null>;
}
