import type { Space, SpaceChanges } from './space.js';

/** Changes to search spaces, inside a unit of work. */
export abstract class SpacesRepository {
  abstract add(space: Space): Promise<void>;

  /** The space as it is, kept from changing until the transaction ends; null when it is gone or being deleted. */
  abstract lock(id: string): Promise<Space | null>;

  /** At least one change. Every process forgets what it knew of access to the space. */
  abstract update(id: string, changes: SpaceChanges): Promise<void>;
}
