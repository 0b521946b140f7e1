import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
import { AppConfig } from '../config/app-config.js';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';
import { LedgerProofsService } from './ledger-proofs.service.js';

const EVERY_MS = 60_000;
const PROVE_AFTER_MS = 24 * 60 * 60_000;
/** A proof that could not be made reads a lot each time. */
const PROVE_AGAIN_AFTER_MS = 60 * 60_000;
/** Wallets of one transaction: it holds the platform's account meanwhile. */
const WALLETS_MAX = 20;
const BATCHES_MAX = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Every minute: grants of idle wallets begin and end. Once a day: the proof of the books. */
@Injectable()
export class LedgerKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LedgerKeeper.name);
  private readonly rounds = new Rounds((message) => this.logger.error(message));
  private proveNotBeforeMs = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly upkeep: MoneyUpkeep,
    private readonly proofs: LedgerProofsService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.rounds.of('the books are not looked after', () => this.keep()).every(EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** Never throws, and what fails keeps nothing else: grants are tried again in a minute, the proof in an hour. */
  async keep(): Promise<void> {
    await this.attempt('grants could not be brought up to date', () => this.turnLots());
    await this.attempt('the books could not be proved', () => this.proveDaily());
  }

  private async turnLots(): Promise<void> {
    let after: string | null = FIRST_ID;
    for (
      let batch = 0;
      batch < BATCHES_MAX && after !== null && !this.rounds.signal.aborted;
      batch += 1
    ) {
      after = await this.upkeep.turnDueLots(after, WALLETS_MAX);
    }
  }

  private async proveDaily(): Promise<void> {
    const latest = await this.proofs.findLatest();
    // Another process may have made it, and this one may be new.
    if (latest) this.proofs.show(latest);
    const nowMs = Date.now();
    const isDue = !latest || nowMs - latest.startedAt.getTime() >= PROVE_AFTER_MS;
    if (!isDue || nowMs < this.proveNotBeforeMs || this.rounds.signal.aborted) return;
    this.proveNotBeforeMs = nowMs + PROVE_AGAIN_AFTER_MS;
    await this.proofs.run();
  }

  private async attempt(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(`${failure}: ${String(error)}`);
    }
  }
}
