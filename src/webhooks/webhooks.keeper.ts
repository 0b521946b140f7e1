import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
import { AppConfig } from '../config/app-config.js';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { DeliveriesStore } from './domain/deliveries.store.port.js';
import { WalletWatch } from './wallet-watch.js';

const LOOK_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 60 * 60_000;
/** Rows that one statement removes. */
const BATCH_MAX = 1_000;

/** What happens by itself: wallets are watched, the log is cut, and goes with its space. */
@Injectable()
export class WebhooksKeeper implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(WebhooksKeeper.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly store: DeliveriesStore,
    private readonly watch: WalletWatch,
    private readonly hooks: SpaceHooks,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('webhooks', (searchSpaceId) => this.removeBatch(searchSpaceId));
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.every(LOOK_EVERY_MS, 'wallets', () => this.watch.look());
    this.every(FORGET_EVERY_MS, 'log', () => this.forget());
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** Removes deliveries past their time; answers how many. */
  async forget(): Promise<number> {
    let gone = 0;
    for (;;) {
      const count = await this.store.forget(this.config.webhooks.logDays, BATCH_MAX);
      gone += count;
      if (count < BATCH_MAX || this.rounds.signal.aborted) return gone;
    }
  }

  private async removeBatch(searchSpaceId: string): Promise<RemovalProgress> {
    return (await this.store.removeOfSpace(searchSpaceId, BATCH_MAX)) > 0 ? 'more' : 'done';
  }

  private every(ms: number, name: string, work: () => Promise<unknown>): void {
    const round = this.rounds.of(`webhooks: ${name} could not be looked after`, work);
    round.every(ms);
    void round.begin();
  }
}
