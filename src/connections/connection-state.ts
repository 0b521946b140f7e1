import { Injectable } from '@nestjs/common';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import type { Connection } from './connection.js';
import { ConnectionOpener } from './connection-opener.js';
import type { KeptConnection } from './domain/connection-record.js';
import { ConnectionStateReader, type SpaceContent } from './domain/connection-state.reader.port.js';
import type { KeptPreference } from './domain/model-preference.js';
import { EditionCache } from './edition-cache.js';

const SPACES_HELD_MAX = 2_000;
const ONES_HELD_MAX = 2_000;
const GLOBAL_KEY = 'global';

/** What is a space's alone, ready to be called with. */
export interface SpaceState {
  connections: readonly Connection[];
  preference: KeptPreference;
}

/** What is kept of connections, out of memory: secrets are opened once for each change. */
@Injectable()
export class ConnectionState {
  private readonly global: EditionCache<readonly KeptConnection[], readonly Connection[]>;
  private readonly spaces: EditionCache<SpaceContent, SpaceState>;
  private readonly ones: EditionCache<readonly KeptConnection[], readonly Connection[]>;

  constructor(
    private readonly reader: ConnectionStateReader,
    private readonly opener: ConnectionOpener,
    epoch: CacheEpoch,
  ) {
    this.global = new EditionCache(epoch, 1);
    this.spaces = new EditionCache(epoch, SPACES_HELD_MAX);
    this.ones = new EditionCache(epoch, ONES_HELD_MAX);
  }

  /** The house's, of the settings and of operators. The same array while nothing changed. */
  listGlobal(): Promise<readonly Connection[]> {
    return this.global.get(
      GLOBAL_KEY,
      (mark) => this.reader.readGlobal(mark),
      (kept) => this.opener.openGlobal(kept),
    );
  }

  /** The same object while nothing changed. */
  ofSpace(searchSpaceId: string): Promise<SpaceState> {
    return this.spaces.get(
      searchSpaceId,
      (mark) => this.reader.readSpace(searchSpaceId, mark),
      ({ connections, preference }) => ({
        connections: this.opener.openAll(connections),
        preference,
      }),
    );
  }

  /** Of a space or a user, whoever asks. */
  async find(id: string): Promise<Connection | null> {
    const found = await this.ones.get(
      id,
      (mark) => this.reader.readOne(id, mark),
      (kept) => this.opener.openAll(kept),
    );
    return found[0] ?? null;
  }
}
