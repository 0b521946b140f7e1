/** What is to be paid, on a page of the provider. */
export interface CheckoutRequest {
  /** Comes back with every report, and makes the request safe to repeat. */
  purchaseId: string;
  quantity: number;
  /** Price of one unit in the smallest unit of the currency. */
  unitMinor: number;
  currency: string;
  /** The card is kept, so that it can be charged without its owner. */
  savesMethod: boolean;
  successUrl: string;
  cancelUrl: string;
}

export interface Checkout {
  id: string;
  /** Where the payer goes. */
  url: string;
}

/** A charge of a saved card while nobody is there. */
export interface SavedCharge {
  purchaseId: string;
  /** The same key again charges nothing again. */
  idempotencyKey: string;
  amountMinor: number;
  currency: string;
  customerId: string;
  methodId: string;
}

export interface ChargeQuestion {
  purchaseId: string;
  customerId: string;
  /** Null while no answer to the charge was received. */
  paymentId: string | null;
  /** When the charge was about to be made. */
  since: Date;
}

/** `open`: nothing is decided. `failed`: refused for good. */
export type PaymentState = 'open' | 'paid' | 'failed' | 'expired';

/** How a payment stands, in the provider's words made ours. */
export interface PaymentReport {
  state: PaymentState;
  /** Which purchase the provider says it is for; null = of none of ours. */
  purchaseId: string | null;
  checkoutId: string | null;
  paymentId: string | null;
  amountMinor: number | null;
  /** Lower-case. */
  currency: string | null;
  customerId: string | null;
  methodId: string | null;
  /** The provider's code of a refusal. */
  failure: string | null;
}

/** News of a payment. Only says what to ask about: what counts is what the provider answers then. */
export interface PaymentNotice {
  purchaseId: string;
  checkoutId: string | null;
}

/** By their names in lower case. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Who takes payments. The only place that knows a vendor; the ledger knows nothing of it. Port and injection token.
 * All but `parseWebhook` throw DomainError `payments.provider_failed` when nobody can tell what became of the request.
 */
export abstract class PaymentProvider {
  /** As in routes and rows: `stripe`. */
  abstract readonly name: string;

  /** False: credit is granted by operators alone, and every method throws `payments.not_configured`. */
  abstract readonly isConfigured: boolean;

  /** May be repeated with the same purchase: the same page. */
  abstract createCheckout(request: CheckoutRequest): Promise<Checkout>;

  abstract findCheckout(checkoutId: string): Promise<PaymentReport>;

  /** May be repeated with the same key. A refused card is a report, no error. */
  abstract chargeSaved(charge: SavedCharge): Promise<PaymentReport>;

  /** What became of a charge; null = there was none. */
  abstract findCharge(question: ChargeQuestion): Promise<PaymentReport | null>;

  /**
   * @param body as it came, byte by byte
   * @returns null for news that concern no purchase
   * @throws DomainError `payments.signature_invalid`
   */
  abstract parseWebhook(body: string, headers: WebhookHeaders): PaymentNotice | null;
}
