import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { AuditState } from '../audit/domain/audit-event.js';
import { WalletsService } from '../billing/wallets.service.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { toMicros } from '../common/micros.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { toAutoReloadTarget } from './domain/audit-targets.js';
import type { AutoReloadRule, SavedMethod } from './domain/auto-reload.js';
import { AutoReloadReader } from './domain/auto-reload.reader.port.js';
import { AutoReloadRepository } from './domain/auto-reload.repository.port.js';
import { PaymentProvider } from './domain/payment-provider.port.js';
import { methodMissing, notConfigured } from './domain/payments.errors.js';
import { PurchasesReader } from './domain/purchases.reader.port.js';

export interface AutoReloadInput {
  isEnabled: boolean;
  thresholdMicros: number;
  quantity: number;
}

/** Rules by which a wallet that runs low is filled with a saved card. */
@Injectable()
export class AutoReloadService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly rules: AutoReloadReader,
    private readonly purchases: PurchasesReader,
    private readonly wallets: WalletsService,
    private readonly provider: PaymentProvider,
  ) {}

  /** Null = there is none. */
  findOfSpace(searchSpaceId: string): Promise<AutoReloadRule | null> {
    return this.rules.findOfSpace(searchSpaceId);
  }

  /**
   * Makes or replaces the rule of a space. Switching it off needs no provider.
   * @throws DomainError `payments.not_configured`; `request.conflict` while no card is saved
   */
  async set(
    caller: Caller,
    searchSpaceId: string,
    input: AutoReloadInput,
  ): Promise<AutoReloadRule> {
    const wallet = await this.wallets.findBySpace(searchSpaceId);
    if (!wallet) throw DomainError.notFound('wallet');
    if (input.isEnabled && !this.provider.isConfigured) throw notConfigured();
    const saved = await this.purchases.findSavedMethod(wallet.id, this.provider.name);
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(AutoReloadRepository);
      const before = await repository.lock(wallet.id);
      const rule: AutoReloadRule = {
        walletId: wallet.id,
        searchSpaceId,
        userId: caller.userId,
        ...this.toMethod(saved, before, input.isEnabled),
        thresholdMicros: toMicros(input.thresholdMicros),
        quantity: input.quantity,
        isEnabled: input.isEnabled,
        lastAttemptAt: before?.lastAttemptAt ?? null,
        failedAt: null,
        failure: null,
      };
      await repository.save(rule);
      await scope.get(AuditTrail).record({
        action: 'auto_reload.updated',
        target: toAutoReloadTarget(wallet.id),
        searchSpaceId,
        before: before && toState(before),
        after: toState(rule),
      });
      return rule;
    });
  }

  /** The card saved last; without one the rule keeps what it has, but cannot be switched on by it for another provider. */
  private toMethod(
    saved: SavedMethod | null,
    before: AutoReloadRule | null,
    isEnabled: boolean,
  ): SavedMethod & { provider: string } {
    if (saved) return { ...saved, provider: this.provider.name };
    if (!before || (isEnabled && before.provider !== this.provider.name)) {
      throw this.provider.isConfigured ? methodMissing() : notConfigured();
    }
    const { provider, customerId, methodId } = before;
    return { provider, customerId, methodId };
  }
}

function toState({ isEnabled, thresholdMicros, quantity }: AutoReloadRule): AuditState {
  return { enabled: isEnabled, threshold_micros: thresholdMicros, quantity };
}
