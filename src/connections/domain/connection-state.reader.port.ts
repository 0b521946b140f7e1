import type { KeptConnection } from './connection-record.js';
import type { KeptPreference } from './model-preference.js';

/** What a mark stands for. `content` null = the mark that was given is still the one. */
export interface Edition<C> {
  /** Another one after every change. */
  mark: string;
  content: C | null;
}

/** What is a space's alone, with what its owner brings along. */
export interface SpaceContent {
  connections: readonly KeptConnection[];
  preference: KeptPreference;
}

/** Reads for the memory of this process; one statement each, so that mark and rows are of one moment. */
export abstract class ConnectionStateReader {
  abstract readGlobal(mark: string | null): Promise<Edition<readonly KeptConnection[]>>;

  /** The space's own connections and those of its owner. */
  abstract readSpace(searchSpaceId: string, mark: string | null): Promise<Edition<SpaceContent>>;

  /** None or one. */
  abstract readOne(id: string, mark: string | null): Promise<Edition<readonly KeptConnection[]>>;
}
