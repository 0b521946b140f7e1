import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { DeadLettersReader } from '../domain/dead-letters.repository.port.js';

const TRIM_EVERY_MS = 60_000;

/** Keeps the list of dead letters within its bound. */
@Injectable()
export class DeadLettersTrimmer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DeadLettersTrimmer.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly letters: DeadLettersReader,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    const { deadLettersMax } = this.config.generations.jobs;
    this.rounds
      .of('dead letters could not be trimmed', () => this.letters.trim(deadLettersMax))
      .every(TRIM_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }
}
