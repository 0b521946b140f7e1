/** By what right a person was shown in one try-on: written with its generation, and never changed. */
export interface Consent {
  id: string;
  searchSpaceId: string;
  generationId: string;
  /** Null where the space's declaration was the reason. */
  subject: 'self' | 'third_party' | null;
  /** `declaration`: the space's own, of all its try-ons. */
  basis: string;
  reference: string | null;
  obtainedAt: Date | null;
  /** As the shop calls its user; null = not told. */
  endUserId: string | null;
  /** Of the picture of the person as it was given, hex. */
  personSha256: string;
  givenBy: string;
  apiKeyId: string | null;
  /** Of the declaration. */
  textVersion: string | null;
  declaredBy: string | null;
  declaredAt: Date | null;
  createdAt: Date;
  withdrawnAt: Date | null;
  withdrawnBy: string | null;
}

/** What a space declares of every person that its try-ons will show. */
export interface Declaration {
  searchSpaceId: string;
  /** Which text it agreed to, in its own words. */
  textVersion: string;
  declaredBy: string;
  declaredAt: Date;
}
