import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnModuleInit,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { afterCommit } from './after-commit.js';
import { CacheEpoch } from './cache-epoch.js';
import { ManagedDataSource } from './managed-data-source.js';

const POLL_EVERY_MS = 300;
/** An epoch read longer ago than this is not believed. */
const FRESH_MAX_MS = 1_000;

@Injectable()
export class PolledCacheEpoch
  extends CacheEpoch
  implements OnModuleInit, BeforeApplicationShutdown
{
  private readonly logger = new Logger('CacheEpoch');
  private known: { epoch: number; readAtMs: number } | null = null;
  /** Counts local commits that moved the epoch: an answer asked for before the last one is not believed. */
  private moves = 0;
  private timer: NodeJS.Timeout | null = null;
  private polling: Promise<void> | null = null;
  private isStopped = false;
  private isFailing = false;

  constructor(private readonly dataSource: ManagedDataSource) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.poll();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.known = null;
    if (this.timer) clearTimeout(this.timer);
    await this.polling;
  }

  async bump(manager: EntityManager): Promise<void> {
    afterCommit(manager, () => this.hasten());
    await manager.query('SELECT cache_epoch_bump()');
  }

  current(): number | null {
    if (!this.known || performance.now() - this.known.readAtMs > FRESH_MAX_MS) return null;
    return this.known.epoch;
  }

  last(): number | null {
    return this.known?.epoch ?? null;
  }

  hasten(): void {
    this.moves += 1;
    this.known = null;
    void this.poll();
  }

  /** One poll at a time; one that a commit overtook is repeated at once. */
  private poll(): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    this.polling ??= this.readUntilCurrent().finally(() => {
      this.polling = null;
      this.schedule();
    });
    return this.polling;
  }

  private async readUntilCurrent(): Promise<void> {
    for (let seen = -1; seen !== this.moves && !this.isStopped;) {
      seen = this.moves;
      const isRead = await this.read(seen);
      if (!isRead) return;
    }
  }

  private async read(moves: number): Promise<boolean> {
    const readAtMs = performance.now();
    try {
      const { rows } = await this.dataSource
        .sidePool()
        .query<{ epoch: string }>('SELECT epoch FROM cache_epoch');
      if (moves === this.moves && rows[0]) this.known = { epoch: Number(rows[0].epoch), readAtMs };
      this.isFailing = false;
      return true;
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`caches are off: ${(error as Error).message}`);
      this.isFailing = true;
      return false;
    }
  }

  private schedule(): void {
    if (this.isStopped) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), POLL_EVERY_MS).unref();
  }
}
