import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { AppConfig } from '../config/app-config.js';
import { PublicUrl } from '../http/public-url.js';

export type CheckoutOutcome = 'success' | 'canceled';

/** What credit costs, and where payers come back to. */
@Injectable()
export class PaymentTerms {
  constructor(
    private readonly config: AppConfig,
    private readonly publicUrl: PublicUrl,
  ) {}

  toPrice(quantity: number): { amountMinor: number; currency: string } {
    const { unitMinor, currency } = this.config.payments;
    const amountMinor = quantity * unitMinor;
    assert(Number.isSafeInteger(amountMinor), `not a price: ${amountMinor}`);
    return { amountMinor, currency };
  }

  /** The operator's page, with what it must know to finish the purchase. */
  toReturnUrl(purchaseId: string, outcome: CheckoutOutcome): string {
    const url = new URL(this.config.payments.returnUrl ?? this.publicUrl.to('/'));
    url.searchParams.set('purchase_id', purchaseId);
    url.searchParams.set('outcome', outcome);
    return url.href;
  }
}
