import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';
import { LedgerProofsService } from './ledger-proofs.service.js';

const EVERY_MS = 60_000;
const PROVE_AFTER_MS = 24 * 60 * 60_000;
/** Wallets of one transaction: it holds the platform's account meanwhile. */
const WALLETS_MAX = 20;
const BATCHES_MAX = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Every minute: grants of idle wallets begin and end. Once a day: the proof of the books. */
@Injectable()
export class LedgerKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LedgerKeeper.name);
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;
  private isStopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly upkeep: MoneyUpkeep,
    private readonly proofs: LedgerProofsService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => this.begin(), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    if (this.timer) clearInterval(this.timer);
    await this.round;
  }

  /** Never throws: what failed is tried again in a minute. */
  async keep(): Promise<void> {
    try {
      await this.turnLots();
      await this.proveDaily();
    } catch (error) {
      this.logger.error(`the ledger could not be kept: ${String(error)}`);
    }
  }

  private async turnLots(): Promise<void> {
    let after: string | null = FIRST_ID;
    for (let batch = 0; batch < BATCHES_MAX && after !== null && !this.isStopping; batch += 1) {
      after = await this.upkeep.turnDueLots(after, WALLETS_MAX);
    }
  }

  private async proveDaily(): Promise<void> {
    const latest = await this.proofs.findLatest();
    const isDue = !latest || Date.now() - latest.startedAt.getTime() >= PROVE_AFTER_MS;
    if (isDue && !this.isStopping) await this.proofs.run();
  }

  private begin(): void {
    this.round ??= this.keep().finally(() => {
      this.round = null;
    });
  }
}
