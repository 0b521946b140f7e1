import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { EndGenerationService } from '../end-generation.service.js';

const LOOK_EVERY_MS = 1_000;
/** Most that one look ends; the next goes on. */
const ROUND_MAX = 100;

/** Ends what still waits in the queue at its deadline. */
@Injectable()
export class QueueDeadlines implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(QueueDeadlines.name);
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly ends: EndGenerationService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => this.begin(), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.round;
  }

  private begin(): void {
    this.round ??= this.look().finally(() => {
      this.round = null;
    });
  }

  private async look(): Promise<void> {
    try {
      await this.ends.endOverdue(ROUND_MAX);
    } catch (error) {
      this.logger.warn(`deadlines of the queue could not be kept: ${String(error)}`);
    }
  }
}
