import type { Connection } from './connection.js';

/** Every connection there is to call with. Answered from memory on the hot path. Port and injection token. */
export abstract class ConnectionsDirectory {
  /**
   * What may serve a space: the house's, the space's own, and those of the space's owner. Enabled and disabled ones;
   * the same array while nothing changed.
   */
  abstract listFor(searchSpaceId: string): Promise<readonly Connection[]>;

  /** The house's alone. */
  abstract listGlobal(): Promise<readonly Connection[]>;

  /** For what is already running on it, whatever its state; null = it was deleted. */
  abstract find(id: string): Promise<Connection | null>;
}
