import type { Checkout, PaymentReport } from './payment-provider.port.js';
import type { Purchase } from './purchase.js';

/** Purchases inside a unit of work: `scope.get(PurchasesRepository)`. */
export abstract class PurchasesRepository {
  /** False when the id is taken; nothing is written then. */
  abstract add(purchase: Purchase): Promise<boolean>;

  /** Payment pages of the space that wait for somebody. */
  abstract countOpen(searchSpaceId: string): Promise<number>;

  abstract lock(id: string): Promise<Purchase | null>;

  /** Remembers the payment page of a purchase that waits for one; false when it does not wait any more. */
  abstract saveCheckout(id: string, checkout: Checkout): Promise<boolean>;

  /** Writes the provider's names of a payment where they are not known yet. */
  abstract saveReferences(id: string, report: PaymentReport): Promise<void>;

  /** @param transactionId of the grant */
  abstract complete(id: string, transactionId: string): Promise<void>;

  abstract end(id: string, status: 'failed' | 'expired', failure: string | null): Promise<void>;
}
