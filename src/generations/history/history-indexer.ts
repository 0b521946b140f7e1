import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { Batcher } from '../../persistence/batcher.js';
import { OutboxHandlers } from '../../persistence/outbox-handlers.js';
import type { RemovalProgress } from '../../spaces/domain/space-removal.js';
import { SpaceHooks } from '../../spaces/space-hooks.js';
import { GENERATION_CONCLUDED } from '../conclude-member.js';
import { HistoryRepository } from '../domain/history.repository.port.js';

/** What no event told of: rows from before there was an index, and those whose pictures were removed. */
const SWEEP_EVERY_MS = 60_000;
/** Rows of one transaction. */
const BATCH_MAX = 200;
/** Parts of the index that a sweep looks at for what has gone, and how many it writes anew. */
const TIDIED_MAX = 20;
const REWRITTEN_MAX = 1;
const NOT_INDEXED = 'generations could not be indexed';

/**
 * Takes generations into the index of the history once they have ended, away from the steps that money waits for. Until
 * then a list judges them by themselves, so nobody sees the difference.
 */
@Injectable()
export class HistoryIndexer implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HistoryIndexer.name);
  private readonly batcher = new Batcher<string>((ids) => this.write(ids));
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly handlers: OutboxHandlers,
    private readonly repository: HistoryRepository,
    private readonly hooks: SpaceHooks,
  ) {}

  onModuleInit(): void {
    this.handlers.on(GENERATION_CONCLUDED, 'generations.history', ({ payload }) =>
      this.batcher.add(String(payload.generation_id)),
    );
    this.hooks.onDeleting('generations.history', (id) => this.forgetSpace(id));
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    const round = this.rounds.of(NOT_INDEXED, () => this.sweep());
    round.every(SWEEP_EVERY_MS);
    void round.begin();
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** After its labels have changed. A failure is made good by the next round. */
  async refresh(id: string): Promise<void> {
    try {
      await this.batcher.add(id);
    } catch (error) {
      this.logger.warn(`${NOT_INDEXED}: ${String(error)}`);
    }
  }

  /** Everything that has ended and is not in the index; then some of what is in it and has gone. */
  async sweep(): Promise<void> {
    let ids: string[];
    do {
      ids = await this.repository.listUnindexed(BATCH_MAX);
      await this.write(ids);
    } while (ids.length === BATCH_MAX && !this.rounds.signal.aborted);
    if (!this.rounds.signal.aborted) await this.repository.tidy(TIDIED_MAX, REWRITTEN_MAX);
  }

  /** Once its generations are gone. */
  private async forgetSpace(searchSpaceId: string): Promise<RemovalProgress> {
    await this.repository.forgetSpace(searchSpaceId);
    return 'done';
  }

  private async write(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += BATCH_MAX) {
      await this.repository.index(ids.slice(from, from + BATCH_MAX));
    }
  }
}
