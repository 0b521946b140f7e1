import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { WalletsService } from '../billing/wallets.service.js';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { runAsSystem } from '../http/request-scope.js';
import { Outbox } from '../persistence/outbox.port.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AutoReloadRepository } from './domain/auto-reload.repository.port.js';
import type { PaymentReport } from './domain/payment-provider.port.js';
import { FAILURES, type Purchase } from './domain/purchase.js';
import { toAutoReloadTarget, toPurchaseTarget } from './domain/audit-targets.js';
import { PurchasesRepository } from './domain/purchases.repository.port.js';

/** As the audit trail and the outbox tell of it; rooms above act on these words. */
const PURCHASED = 'credit.purchased';
const DECLINED = 'auto_reload.declined';

/**
 * What a provider's report means for a purchase and its wallet. The one way to fulfil: webhook, success page and
 * reconciler all come here, in any order and at the same time, and the wallet gets its money once.
 */
@Injectable()
export class PurchaseBooks {
  private readonly logger = new Logger(PurchaseBooks.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wallets: WalletsService,
  ) {}

  /** May be repeated with any report, also an old one: a purchase that is completed stays so. */
  async book(purchaseId: string, report: PaymentReport): Promise<void> {
    try {
      await this.run((scope) => this.bookIn(scope, purchaseId, report));
    } catch (error) {
      // Paid, while the space and its wallet were deleted: the money is to be given back.
      const isGone = error instanceof DomainError && error.code === 'request.not_found';
      if (!isGone) throw error;
      await this.run((scope) => this.refuseIn(scope, purchaseId, FAILURES.walletClosed));
    }
  }

  /** Ends a purchase of which the provider knows nothing. */
  async abandon(purchaseId: string): Promise<void> {
    await this.run(async (scope) => {
      const purchase = await lock(scope, purchaseId);
      if (purchase.status !== 'pending') return;
      const status = purchase.source === 'checkout' ? 'expired' : 'failed';
      await this.endIn(scope, purchase, status, FAILURES.notCharged);
    });
  }

  private run(work: (scope: WorkScope) => Promise<void>): Promise<void> {
    return runAsSystem(() => this.unitOfWork.run(work));
  }

  private async bookIn(scope: WorkScope, purchaseId: string, report: PaymentReport): Promise<void> {
    const purchase = await lock(scope, purchaseId);
    if (purchase.status === 'completed') return;
    if (report.state === 'paid') {
      if (isAsAsked(purchase, report)) return this.fulfilIn(scope, purchase, report);
      this.logger.error(
        `purchase ${purchase.id}: asked for ${purchase.amountMinor} ${purchase.currency}, ` +
          `${purchase.provider} reports ${report.amountMinor} ${report.currency} for purchase ${report.purchaseId}`,
      );
      await scope.get(PurchasesRepository).saveReferences(purchase.id, report);
      return this.refuseIn(scope, purchase.id, FAILURES.mismatch);
    }
    await scope.get(PurchasesRepository).saveReferences(purchase.id, report);
    if (report.state === 'open' || purchase.status !== 'pending') return;
    await this.endIn(scope, purchase, report.state, report.failure);
    if (report.state === 'failed' && purchase.source === 'auto_reload') {
      await this.switchOffIn(scope, purchase, report.failure ?? 'declined');
    }
  }

  private async fulfilIn(
    scope: WorkScope,
    purchase: Purchase,
    report: PaymentReport,
  ): Promise<void> {
    const { id, walletId, searchSpaceId, micros } = purchase;
    const transactionId = newId();
    const purchases = scope.get(PurchasesRepository);
    await this.wallets.grantIn(scope, {
      transactionId,
      walletId,
      amountMicros: micros,
      reason: `purchase ${id}`,
      actor: 'system:payments',
    });
    await purchases.saveReferences(id, report);
    await purchases.complete(id, transactionId);
    if (purchase.savesMethod && report.customerId !== null && report.methodId !== null) {
      const method = { customerId: report.customerId, methodId: report.methodId };
      await scope.get(AutoReloadRepository).replaceMethod(walletId, purchase.provider, method);
    }
    const { quantity, amountMinor, currency, source, userId } = purchase;
    const facts = { quantity, micros, amount_minor: amountMinor, currency, source };
    await scope.get(AuditTrail).record({
      action: 'credit_purchase.completed',
      target: toPurchaseTarget(id),
      searchSpaceId,
      before: { status: purchase.status },
      after: { status: 'completed', transaction_id: transactionId, ...facts },
    });
    await scope.get(Outbox).append({
      id: newId(),
      kind: PURCHASED,
      searchSpaceId,
      payload: {
        purchase_id: id,
        wallet_id: walletId,
        user_id: userId,
        transaction_id: transactionId,
        ...facts,
      },
    });
  }

  /** Paid and not granted: stands as failed until a person has looked at it. */
  private async refuseIn(scope: WorkScope, purchaseId: string, failure: string): Promise<void> {
    const purchase = await lock(scope, purchaseId);
    if (purchase.status === 'completed' || purchase.failure === failure) return;
    this.logger.error(`purchase ${purchaseId} was paid and not granted: ${failure}`);
    await this.endIn(scope, purchase, 'failed', failure);
    if (purchase.source === 'auto_reload') await this.switchOffIn(scope, purchase, failure);
  }

  private async endIn(
    scope: WorkScope,
    purchase: Purchase,
    status: 'failed' | 'expired',
    failure: string | null,
  ): Promise<void> {
    await scope.get(PurchasesRepository).end(purchase.id, status, failure);
    await scope.get(AuditTrail).record({
      action: `credit_purchase.${status}`,
      target: toPurchaseTarget(purchase.id),
      searchSpaceId: purchase.searchSpaceId,
      before: { status: purchase.status },
      after: { status, failure },
    });
  }

  private async switchOffIn(scope: WorkScope, purchase: Purchase, failure: string): Promise<void> {
    const { id, walletId, searchSpaceId, userId } = purchase;
    if (!(await scope.get(AutoReloadRepository).switchOff(walletId, failure))) return;
    await scope.get(AuditTrail).record({
      action: DECLINED,
      target: toAutoReloadTarget(walletId),
      searchSpaceId,
      before: { enabled: true },
      after: { enabled: false, purchase_id: id, failure },
    });
    await scope.get(Outbox).append({
      id: newId(),
      kind: DECLINED,
      searchSpaceId,
      payload: { purchase_id: id, wallet_id: walletId, user_id: userId, failure },
    });
  }
}

async function lock(scope: WorkScope, purchaseId: string): Promise<Purchase> {
  const purchase = await scope.get(PurchasesRepository).lock(purchaseId);
  assert(purchase, `there is no purchase ${purchaseId}`);
  return purchase;
}

function isAsAsked(purchase: Purchase, report: PaymentReport): boolean {
  return (
    report.purchaseId === purchase.id &&
    report.amountMinor === purchase.amountMinor &&
    report.currency === purchase.currency
  );
}
