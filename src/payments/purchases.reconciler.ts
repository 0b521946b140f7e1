import { Injectable, Logger } from '@nestjs/common';
import { PaymentProvider } from './domain/payment-provider.port.js';
import { PurchasesReader } from './domain/purchases.reader.port.js';
import { SettlePurchaseService } from './settle-purchase.service.js';

/** Longer than any request to the provider with its repetition can be under way. */
export const UNSETTLED_AFTER_MS = 600_000;
/** Purchases that one round asks about; the next round goes on with those asked about longest ago. */
const ROUND_MAX = 100;

/** Asks the provider about purchases of which nothing was heard: webhooks get lost, people close the page. */
@Injectable()
export class PurchasesReconciler {
  private readonly logger = new Logger(PurchasesReconciler.name);

  constructor(
    private readonly provider: PaymentProvider,
    private readonly purchases: PurchasesReader,
    private readonly settling: SettlePurchaseService,
  ) {}

  /** Answers how many purchases it asked about. One that cannot be settled does not hold up the others. */
  async reconcile(signal?: AbortSignal): Promise<number> {
    if (!this.provider.isConfigured) return 0;
    const unsettled = await this.purchases.claimUnsettled(
      this.provider.name,
      UNSETTLED_AFTER_MS,
      ROUND_MAX,
    );
    for (const purchase of unsettled) {
      if (signal?.aborted) break;
      try {
        await this.settling.settle(purchase, true);
      } catch (error) {
        this.logger.warn(`purchase ${purchase.id} could not be settled: ${String(error)}`);
      }
    }
    return unsettled.length;
  }
}
