import { Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';
import { ConnectionState, type SpaceState } from './connection-state.js';
import { ConnectionsDirectory } from './connections-directory.port.js';

interface Joined {
  global: readonly Connection[];
  all: readonly Connection[];
}

/** The connections of the settings and of the database. */
@Injectable()
export class KeptConnectionsDirectory extends ConnectionsDirectory {
  /** By what is a space's own, so that they go together. */
  private readonly joined = new WeakMap<SpaceState, Joined>();

  constructor(private readonly state: ConnectionState) {
    super();
  }

  async listFor(searchSpaceId: string): Promise<readonly Connection[]> {
    const [global, own] = await Promise.all([
      this.state.listGlobal(),
      this.state.ofSpace(searchSpaceId),
    ]);
    if (own.connections.length === 0) return global;
    const known = this.joined.get(own);
    if (known?.global === global) return known.all;
    const all = [...global, ...own.connections];
    this.joined.set(own, { global, all });
    return all;
  }

  listGlobal(): Promise<readonly Connection[]> {
    return this.state.listGlobal();
  }

  async find(id: string): Promise<Connection | null> {
    const house = (await this.state.listGlobal()).find((one) => one.id === id);
    return house ?? this.state.find(id);
  }
}
