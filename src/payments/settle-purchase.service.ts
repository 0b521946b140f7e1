import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { isId } from '../common/ids.js';
import {
  type PaymentNotice,
  PaymentProvider,
  type PaymentReport,
  type WebhookHeaders,
} from './domain/payment-provider.port.js';
import { notConfigured, purchaseNotFound } from './domain/payments.errors.js';
import type { Purchase } from './domain/purchase.js';
import { PurchasesReader } from './domain/purchases.reader.port.js';
import { PurchaseBooks } from './purchase-books.js';

/** Asks the provider how a purchase stands, and books the answer. */
@Injectable()
export class SettlePurchaseService {
  constructor(
    private readonly provider: PaymentProvider,
    private readonly purchases: PurchasesReader,
    private readonly books: PurchaseBooks,
  ) {}

  /**
   * May be repeated, also at the same time.
   * @param isLate no request about it can be under way any more: what the provider does not know was never made
   * @returns the purchase as it stands then
   * @throws DomainError `payments.not_configured`, `payments.provider_failed`
   */
  async settle(purchase: Purchase, isLate = false): Promise<Purchase> {
    if (purchase.status === 'completed') return purchase;
    if (purchase.provider !== this.provider.name) throw notConfigured();
    const report = await this.ask(purchase);
    if (report) await this.books.book(purchase.id, report);
    else if (isLate) await this.books.abandon(purchase.id);
    const settled = await this.purchases.find(purchase.id);
    assert(settled, `purchase ${purchase.id} is gone`);
    return settled;
  }

  /**
   * News from a provider. What they say is not believed but asked about: so an old or repeated one changes nothing.
   * @throws DomainError `payments.signature_invalid`, `request.not_found` for another provider, and as `settle`
   */
  async receive(providerName: string, body: string, headers: WebhookHeaders): Promise<void> {
    if (!this.provider.isConfigured) throw notConfigured();
    if (providerName !== this.provider.name) throw purchaseNotFound();
    const notice = this.provider.parseWebhook(body, headers);
    const purchase = notice && (await this.findFor(notice));
    if (purchase) await this.settle(purchase);
  }

  /** Null for what another application of the same account sold. */
  private async findFor({ purchaseId, checkoutId }: PaymentNotice): Promise<Purchase | null> {
    const purchase = isId(purchaseId) ? await this.purchases.find(purchaseId) : null;
    if (purchase?.provider !== this.provider.name) return null;
    // A crash may have lost the name of the page after it was made.
    return { ...purchase, checkoutId: purchase.checkoutId ?? checkoutId };
  }

  private async ask(purchase: Purchase): Promise<PaymentReport | null> {
    const { id, checkoutId, paymentId, customerId, createdAt } = purchase;
    if (purchase.source === 'checkout') {
      return checkoutId === null ? null : this.provider.findCheckout(checkoutId);
    }
    assert(customerId !== null, `auto-reload ${id} has no payer`);
    return this.provider.findCharge({ purchaseId: id, customerId, paymentId, since: createdAt });
  }
}
