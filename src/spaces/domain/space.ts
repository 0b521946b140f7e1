export const SPACE_NAME_LENGTH_MAX = 100;
export const SPACE_DESCRIPTION_LENGTH_MAX = 500;

/** A search space: the tenant. */
export interface Space {
  id: string;
  name: string;
  description: string;
  /** Whether API keys work in it. */
  isApiAccessEnabled: boolean;
  createdAt: Date;
}

/** What may change of a space; undefined stays as it is. */
export interface SpaceChanges {
  name?: string;
  description?: string;
  isApiAccessEnabled?: boolean;
}
