import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
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
  private readonly stop = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly rounds = new Map<string, Promise<void>>();

  constructor(
    private readonly config: AppConfig,
    private readonly provider: PaymentProvider,
    private readonly reconciler: PurchasesReconciler,
    private readonly reloads: AutoReloadRunner,
    private readonly grace: StopGrace,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api' || !this.provider.isConfigured) return;
    const { signal } = this.stop;
    this.every(RECONCILE_EVERY_MS, 'purchases', () => this.reconciler.reconcile(signal));
    this.every(RELOAD_EVERY_MS, 'auto-reloads', () => this.reloads.runDue(signal));
  }

  /** What is under way may end; what does not in time is found by the next reconciliation. */
  async onModuleDestroy(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.stop.abort();
    if (this.rounds.size === 0) return;
    const late = delay(this.grace.leftMs(), undefined, { ref: false });
    await Promise.race([Promise.all(this.rounds.values()), late]);
  }

  private every(ms: number, name: string, work: () => Promise<unknown>): void {
    this.begin(name, work);
    this.timers.push(setInterval(() => this.begin(name, work), ms).unref());
  }

  /** One round of each at a time. */
  private begin(name: string, work: () => Promise<unknown>): void {
    if (this.rounds.has(name)) return;
    const round = work()
      .then(() => undefined)
      .catch((error: unknown) => {
        this.logger.warn(`${name} could not be looked after: ${String(error)}`);
      })
      .finally(() => this.rounds.delete(name));
    this.rounds.set(name, round);
  }
}
