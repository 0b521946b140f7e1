import { Logger } from '@nestjs/common';
import { Pool } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { assert } from '../common/assert.js';
import type { DatabaseConfig } from '../config/app-config.js';
import { toDataSourceOptions } from './data-source-options.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { toPoolOptions } from './pool-options.js';

/** Connections for signs of life (epoch, lease), which must not wait behind a busy pool. */
const SIDE_CONNECTIONS_MAX = 2;

/** TypeORM's DataSource that owns what it stands on: the embedded engine opens before it and closes after it. */
export class ManagedDataSource extends DataSource {
  private readonly log = new Logger('Database');
  private embedded: EmbeddedDatabase | null = null;
  private side: Pool | null = null;
  private readonly endings: (() => Promise<void>)[] = [];

  constructor(
    private readonly config: DatabaseConfig,
    entities: DataSourceOptions['entities'] = [],
  ) {
    // `this` is used only when a connection is made, so after construction.
    const options = toDataSourceOptions(
      config,
      () => this.engine(),
      (error) => this.noteFault(error),
    );
    super({ ...options, entities });
  }

  override async initialize(): Promise<this> {
    if (this.config.kind === 'embedded') {
      this.embedded ??= await EmbeddedDatabase.open(this.config.dir);
    }
    try {
      return await super.initialize();
    } catch (error) {
      await this.closeEngine();
      throw error;
    }
  }

  override async destroy(): Promise<void> {
    try {
      for (const end of this.endings.splice(0).toReversed()) await end().catch(this.noteFault);
      await this.side?.end();
      this.side = null;
      await super.destroy();
    } finally {
      await this.closeEngine();
    }
  }

  /** What has to end while the connections still stand; last in, first out. */
  beforeDestroy(end: () => Promise<void>): void {
    this.endings.push(end);
  }

  /** A small pool of its own on the same database. */
  sidePool(): Pool {
    if (!this.side) {
      this.side = new Pool(toPoolOptions(this.config, () => this.engine(), SIDE_CONNECTIONS_MAX));
      this.side.on('error', this.noteFault);
    }
    return this.side;
  }

  private engine(): EmbeddedDatabase {
    assert(this.embedded, 'the embedded database is not open');
    return this.embedded;
  }

  private async closeEngine(): Promise<void> {
    await this.embedded?.close();
    this.embedded = null;
  }

  /** A connection was lost while idle: the pool makes a new one when it needs it. */
  private readonly noteFault = (error: Error): void => {
    this.log.warn(`database connection lost: ${error.message}`);
  };
}
