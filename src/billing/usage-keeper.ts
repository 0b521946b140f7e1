import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
import { AppConfig } from '../config/app-config.js';
import { SpendWatch } from './spend-watch.js';
import { UsageRetention } from './usage-retention.js';

const EVERY_MS = 60 * 60_000;

/** Every hour: spending that is out of the ordinary, and usage that is past its time. */
@Injectable()
export class UsageKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UsageKeeper.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly watch: SpendWatch,
    private readonly retention: UsageRetention,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    const round = this.rounds.of('usage is not looked after', () => this.keep());
    round.every(EVERY_MS);
    void round.begin();
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  private async keep(): Promise<void> {
    await this.watch.look();
    await this.retention.apply(this.rounds.signal);
  }
}
