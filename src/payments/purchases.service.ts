import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { WalletsService } from '../billing/wallets.service.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import { toPurchaseTarget } from './domain/audit-targets.js';
import { PaymentProvider } from './domain/payment-provider.port.js';
import {
  notConfigured,
  purchaseIdTaken,
  purchaseNotFound,
  tooManyOpen,
} from './domain/payments.errors.js';
import { OPEN_CHECKOUTS_MAX, type Purchase, toPurchaseMicros } from './domain/purchase.js';
import { PurchasesReader } from './domain/purchases.reader.port.js';
import { PurchasesRepository } from './domain/purchases.repository.port.js';
import { PaymentTerms } from './payment-terms.js';

export interface NewPurchase {
  searchSpaceId: string;
  quantity: number;
  /** Makes it safe to repeat; a new one when left out. */
  purchaseId?: string;
  savesMethod: boolean;
}

export interface OpenPurchase {
  purchase: Purchase;
  checkoutUrl: string;
}

/** Credit that people buy on a page of the payment provider. */
@Injectable()
export class PurchasesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly purchases: PurchasesReader,
    private readonly wallets: WalletsService,
    private readonly access: AccessService,
    private readonly provider: PaymentProvider,
    private readonly terms: PaymentTerms,
  ) {}

  /**
   * The row comes first, the page second; repeated with the same id it is the same page.
   * @throws DomainError `payments.not_configured`, `payments.provider_failed`, `request.conflict`
   */
  async open(caller: Caller, input: NewPurchase): Promise<OpenPurchase> {
    if (!this.provider.isConfigured) throw notConfigured();
    const wallet = await this.wallets.findBySpace(input.searchSpaceId);
    if (!wallet) throw DomainError.notFound('wallet');
    const purchase = await this.addOrFind(this.toPurchase(caller, wallet.id, input));
    if (purchase.checkoutUrl !== null) return { purchase, checkoutUrl: purchase.checkoutUrl };
    const checkout = await this.provider.createCheckout({
      purchaseId: purchase.id,
      quantity: purchase.quantity,
      unitMinor: purchase.amountMinor / purchase.quantity,
      currency: purchase.currency,
      savesMethod: purchase.savesMethod,
      successUrl: this.terms.toReturnUrl(purchase.id, 'success'),
      cancelUrl: this.terms.toReturnUrl(purchase.id, 'canceled'),
    });
    const isOpen = await this.unitOfWork.run((scope) =>
      scope.get(PurchasesRepository).saveCheckout(purchase.id, checkout),
    );
    if (!isOpen) throw purchaseIdTaken();
    return { purchase, checkoutUrl: checkout.url };
  }

  /** Newest first; one row more than `limit` when there are more. */
  list(searchSpaceId: string, page: PageRequest): Promise<Purchase[]> {
    return this.purchases.listOfSpace(searchSpaceId, page);
  }

  /** @throws DomainError `request.not_found` for a missing one and for one of a space the caller is not in alike */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<Purchase> {
    const purchase = isId(id) ? await this.purchases.find(id) : null;
    const access = purchase && (await this.access.findAccess(caller, purchase.searchSpaceId));
    if (!purchase || !access) throw purchaseNotFound();
    await this.access.assertPermission(caller, purchase.searchSpaceId, permission);
    return purchase;
  }

  /** @throws DomainError `request.not_found` also for one that somebody else of the space began */
  async getOwn(caller: Caller, id: string): Promise<Purchase> {
    const purchase = await this.getFor(caller, id, 'settings:update');
    if (purchase.userId !== caller.userId) throw purchaseNotFound();
    return purchase;
  }

  private toPurchase(caller: Caller, walletId: string, input: NewPurchase): Purchase {
    const { searchSpaceId, quantity, savesMethod } = input;
    return {
      id: input.purchaseId?.toLowerCase() ?? newId(),
      searchSpaceId,
      walletId,
      userId: caller.userId,
      provider: this.provider.name,
      checkoutId: null,
      checkoutUrl: null,
      paymentId: null,
      customerId: null,
      methodId: null,
      quantity,
      micros: toPurchaseMicros(quantity),
      ...this.terms.toPrice(quantity),
      savesMethod,
      source: 'checkout',
      status: 'pending',
      failure: null,
      transactionId: null,
      createdAt: new Date(),
      completedAt: null,
    };
  }

  private async addOrFind(wanted: Purchase): Promise<Purchase> {
    const isAdded = await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(PurchasesRepository);
      if (!(await repository.add(wanted))) return false;
      if ((await repository.countOpen(wanted.searchSpaceId)) > OPEN_CHECKOUTS_MAX) {
        throw tooManyOpen();
      }
      const { id, searchSpaceId, quantity, amountMinor, currency } = wanted;
      await scope.get(AuditTrail).record({
        action: 'credit_purchase.created',
        target: toPurchaseTarget(id),
        searchSpaceId,
        after: { quantity, amount_minor: amountMinor, currency, provider: wanted.provider },
      });
      return true;
    });
    if (isAdded) return wanted;
    const known = await this.purchases.find(wanted.id);
    if (!known || !isSame(known, wanted)) throw purchaseIdTaken();
    return known;
  }
}

function isSame(known: Purchase, wanted: Purchase): boolean {
  return (
    known.status === 'pending' &&
    known.source === 'checkout' &&
    known.searchSpaceId === wanted.searchSpaceId &&
    known.userId === wanted.userId &&
    known.provider === wanted.provider &&
    known.quantity === wanted.quantity &&
    known.savesMethod === wanted.savesMethod
  );
}
