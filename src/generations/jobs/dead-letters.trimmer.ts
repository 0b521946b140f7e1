import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { DeadLettersReader } from '../domain/dead-letters.repository.port.js';

const TRIM_EVERY_MS = 60_000;

/** Keeps the list of dead letters within its bound. */
@Injectable()
export class DeadLettersTrimmer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DeadLettersTrimmer.name);
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly letters: DeadLettersReader,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => void this.trim(), TRIM_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private async trim(): Promise<void> {
    try {
      await this.letters.trim(this.config.generations.jobs.deadLettersMax);
    } catch (error) {
      this.logger.warn(`dead letters could not be trimmed: ${String(error)}`);
    }
  }
}
