import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { SpendWatch } from './spend-watch.js';
import { UsageRetention } from './usage-retention.js';

const EVERY_MS = 60 * 60_000;

/** Every hour: spending that is out of the ordinary, and usage that is past its time. */
@Injectable()
export class UsageKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    private readonly config: AppConfig,
    private readonly watch: SpendWatch,
    private readonly retention: UsageRetention,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => this.begin(), EVERY_MS).unref();
    this.begin();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stopping.abort();
    await this.round;
  }

  private begin(): void {
    this.round ??= this.keep().finally(() => {
      this.round = null;
    });
  }

  private async keep(): Promise<void> {
    await this.watch.look();
    await this.retention.apply(this.stopping.signal);
  }
}
