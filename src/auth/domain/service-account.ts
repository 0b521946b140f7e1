/** A user no person stands behind: it works in one space through keys, cannot log in and owns nothing. */
export interface ServiceAccount {
  id: string;
  name: string;
  /** The only space it is ever a member of. */
  searchSpaceId: string;
  createdAt: Date;
}
