import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
import { AppConfig } from '../config/app-config.js';
import { StopGrace } from '../config/stop-grace.js';
import { AutoReloadRunner } from './auto-reload.runner.js';
import { PaymentProvider } from './domain/payment-provider.port.js';
import { PurchasesReconciler } from './purchases.reconciler.js';

const RECONCILE_EVERY_MS = 600_000;
const RELOAD_EVERY_MS = 30_000;

/** The clock of the payments: on every process but `ROLE=api`, and only where payments are configured. */
@Injectable()
export class PaymentsKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PaymentsKeeper.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly provider: PaymentProvider,
    private readonly reconciler: PurchasesReconciler,
    private readonly reloads: AutoReloadRunner,
    private readonly grace: StopGrace,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api' || !this.provider.isConfigured) return;
    const { signal } = this.rounds;
    this.every(RECONCILE_EVERY_MS, 'purchases', () => this.reconciler.reconcile(signal));
    this.every(RELOAD_EVERY_MS, 'auto-reloads', () => this.reloads.runDue(signal));
  }

  /** What is under way may end; what does not in time is found by the next reconciliation. */
  async onModuleDestroy(): Promise<void> {
    const late = delay(this.grace.leftMs(), undefined, { ref: false });
    await Promise.race([this.rounds.stop(), late]);
  }

  private every(ms: number, name: string, work: () => Promise<unknown>): void {
    const round = this.rounds.of(`${name} could not be looked after`, work);
    round.every(ms);
    void round.begin();
  }
}
