import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { BatchesRepository } from '../domain/batches.repository.port.js';

const TRIM_EVERY_MS = 60_000;
/** Batches that one round looks at, each with up to ten generations; the next goes on. */
const ROUND_MAX = 1_000;

/** Lets batches go with the last of their generations, once their keys have lapsed. */
@Injectable()
export class BatchesTrimmer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(BatchesTrimmer.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));
  /** Where the next round goes on; null = at the oldest. */
  private after: string | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly batches: BatchesRepository,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.rounds.of('batches could not be trimmed', () => this.trim()).every(TRIM_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round. */
  async trim(): Promise<void> {
    const { idempotencyTtlS } = this.config.generations;
    this.after = await this.batches.forget(this.after, idempotencyTtlS, ROUND_MAX);
  }
}
