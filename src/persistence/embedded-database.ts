import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { PGlite } from '@electric-sql/pglite';
import { createCluster } from './create-cluster.js';
import { FolderLock } from './folder-lock.js';
import { PgliteMux } from './pglite-mux.js';

/** PGlite in this process, alone in its folder. It survives a crash of the process, not a power cut: it never syncs. */
export class EmbeddedDatabase {
  private readonly mux: PgliteMux;
  private closing: Promise<void> | null = null;

  private constructor(
    private readonly engine: PGlite,
    private readonly lock: FolderLock,
  ) {
    this.mux = new PgliteMux(engine);
  }

  /** @throws FolderLockedError while another process has the folder open. */
  static async open(folder: string): Promise<EmbeddedDatabase> {
    const lock = await FolderLock.acquire(folder);
    try {
      const dataDir = join(folder, 'pgdata');
      await createCluster(dataDir);
      return new EmbeddedDatabase(await PGlite.create({ dataDir }), lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** A new connection, for the `stream` option of `pg`. */
  stream(): Duplex {
    return this.mux.stream();
  }

  /** To be called after every pool on it has ended. May be repeated. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.mux.close();
    try {
      // Without it the next start replays the whole log.
      await this.engine.exec('CHECKPOINT');
      await this.engine.close();
    } finally {
      this.lock.release();
    }
  }
}
