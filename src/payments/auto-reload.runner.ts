import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { newId } from '../common/ids.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { toPurchaseTarget } from './domain/audit-targets.js';
import type { AutoReloadRule } from './domain/auto-reload.js';
import { AutoReloadRepository } from './domain/auto-reload.repository.port.js';
import { PaymentProvider } from './domain/payment-provider.port.js';
import { type Purchase, toPurchaseMicros } from './domain/purchase.js';
import { PurchasesRepository } from './domain/purchases.repository.port.js';
import { PaymentTerms } from './payment-terms.js';
import { PurchaseBooks } from './purchase-books.js';

/** Wallets that one round fills; the next round goes on. */
const ROUND_MAX = 50;

interface Reload {
  purchase: Purchase;
  rule: AutoReloadRule;
}

/**
 * Fills wallets that ran low. The pending purchase is committed first, and the charge carries its id: whatever dies
 * between the two, the reconciler asks the provider what became of it, and nothing is charged twice.
 */
@Injectable()
export class AutoReloadRunner {
  private readonly logger = new Logger(AutoReloadRunner.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: PaymentProvider,
    private readonly terms: PaymentTerms,
    private readonly books: PurchaseBooks,
  ) {}

  /** Answers how many wallets it tried to fill. */
  async runDue(signal?: AbortSignal): Promise<number> {
    if (!this.provider.isConfigured) return 0;
    for (let count = 0; count < ROUND_MAX; count += 1) {
      if (signal?.aborted) return count;
      const reload = await this.unitOfWork.run((scope) => this.claimIn(scope));
      if (!reload) return count;
      try {
        await this.charge(reload);
      } catch (error) {
        // Whether money moved nobody knows: the purchase stays pending until the provider has been asked.
        this.logger.warn(
          `the charge for purchase ${reload.purchase.id} was not answered: ${String(error)}`,
        );
        return count + 1;
      }
    }
    return ROUND_MAX;
  }

  private async charge({ purchase, rule }: Reload): Promise<void> {
    const report = await this.provider.chargeSaved({
      purchaseId: purchase.id,
      idempotencyKey: `auto-reload-${purchase.id}`,
      amountMinor: purchase.amountMinor,
      currency: purchase.currency,
      customerId: rule.customerId,
      methodId: rule.methodId,
    });
    await this.books.book(purchase.id, report);
  }

  private async claimIn(scope: WorkScope): Promise<Reload | null> {
    const rule = await scope.get(AutoReloadRepository).claimDue(this.provider.name);
    if (!rule) return null;
    const purchase = this.toPurchase(rule);
    await scope.get(PurchasesRepository).add(purchase);
    await scope.get(AuditTrail).record({
      action: 'credit_purchase.created',
      target: toPurchaseTarget(purchase.id),
      searchSpaceId: rule.searchSpaceId,
      after: {
        source: 'auto_reload',
        quantity: purchase.quantity,
        amount_minor: purchase.amountMinor,
        currency: purchase.currency,
      },
    });
    return { purchase, rule };
  }

  private toPurchase(rule: AutoReloadRule): Purchase {
    const { searchSpaceId, walletId, userId, provider, customerId, methodId, quantity } = rule;
    return {
      id: newId(),
      searchSpaceId,
      walletId,
      userId,
      provider,
      checkoutId: null,
      checkoutUrl: null,
      paymentId: null,
      customerId,
      methodId,
      quantity,
      micros: toPurchaseMicros(quantity),
      ...this.terms.toPrice(quantity),
      savesMethod: false,
      source: 'auto_reload',
      status: 'pending',
      failure: null,
      transactionId: null,
      createdAt: new Date(),
      completedAt: null,
    };
  }
}
