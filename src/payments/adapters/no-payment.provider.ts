import type { Checkout, PaymentNotice, PaymentReport } from '../domain/payment-provider.port.js';
import { PaymentProvider } from '../domain/payment-provider.port.js';
import { notConfigured } from '../domain/payments.errors.js';

/** PAYMENT_PROVIDER=none: credit is granted by operators alone. */
export class NoPaymentProvider extends PaymentProvider {
  readonly name = 'none';
  readonly isConfigured = false;

  createCheckout(): Promise<Checkout> {
    return Promise.reject(notConfigured());
  }

  findCheckout(): Promise<PaymentReport> {
    return Promise.reject(notConfigured());
  }

  chargeSaved(): Promise<PaymentReport> {
    return Promise.reject(notConfigured());
  }

  findCharge(): Promise<PaymentReport | null> {
    return Promise.reject(notConfigured());
  }

  parseWebhook(): PaymentNotice | null {
    throw notConfigured();
  }
}
