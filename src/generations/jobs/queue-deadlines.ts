import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { EndGenerationService } from '../end-generation.service.js';

const LOOK_EVERY_MS = 1_000;
/** Most that one look ends; the next goes on. */
const ROUND_MAX = 100;

/** Ends what still waits in the queue at its deadline. */
@Injectable()
export class QueueDeadlines implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(QueueDeadlines.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly ends: EndGenerationService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.rounds
      .of('deadlines of the queue could not be kept', () => this.ends.endOverdue(ROUND_MAX))
      .every(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }
}
