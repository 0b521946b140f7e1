import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BillingModule } from '../billing/billing.module.js';
import { AppConfig } from '../config/app-config.js';
import { createGuardedDispatcher } from '../outbound/guarded-dispatcher.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { NoPaymentProvider } from './adapters/no-payment.provider.js';
import { SqlAutoReloadReader } from './adapters/sql-auto-reload.reader.js';
import { SqlPurchasesReader } from './adapters/sql-purchases.reader.js';
import { createStripeFetch } from './adapters/stripe-http.js';
import { TypeormAutoReloadRepository } from './adapters/typeorm-auto-reload.repository.js';
import { TypeormPurchasesRepository } from './adapters/typeorm-purchases.repository.js';
import { AutoReloadRunner } from './auto-reload.runner.js';
import { AutoReloadService } from './auto-reload.service.js';
import { AutoReloadReader } from './domain/auto-reload.reader.port.js';
import { AutoReloadRepository } from './domain/auto-reload.repository.port.js';
import { PaymentProvider } from './domain/payment-provider.port.js';
import { PurchasesReader } from './domain/purchases.reader.port.js';
import { PurchasesRepository } from './domain/purchases.repository.port.js';
import { AutoReloadController } from './http/auto-reload.controller.js';
import { PaymentWebhooksController } from './http/payment-webhooks.controller.js';
import { PurchasesController } from './http/purchases.controller.js';
import { PaymentConnections } from './payment-connections.js';
import { PaymentTerms } from './payment-terms.js';
import { PaymentsKeeper } from './payments.keeper.js';
import { PurchaseBooks } from './purchase-books.js';
import { PurchasesReconciler } from './purchases.reconciler.js';
import { PurchasesService } from './purchases.service.js';
import { SettlePurchaseService } from './settle-purchase.service.js';

/** Buying credit. Stands above the ledger, which knows of grants and nothing of payments. */
@Module({
  imports: [BillingModule, OutboundModule, RbacModule],
  controllers: [AutoReloadController, PaymentWebhooksController, PurchasesController],
  providers: [
    {
      provide: PaymentConnections,
      useFactory: (guard: OutboundGuard) => new PaymentConnections(createGuardedDispatcher(guard)),
      inject: [OutboundGuard],
    },
    {
      provide: PaymentProvider,
      useFactory: async ({ payments }: AppConfig, { dispatcher }: PaymentConnections) => {
        if (!payments.stripe) return new NoPaymentProvider();
        // The vendor's package takes a tenth of the start; only who buys through it waits for that.
        const { StripePaymentProvider } = await import('./adapters/stripe-payment.provider.js');
        return new StripePaymentProvider(payments.stripe, createStripeFetch(dispatcher));
      },
      inject: [AppConfig, PaymentConnections],
    },
    { provide: AutoReloadReader, useClass: SqlAutoReloadReader },
    { provide: PurchasesReader, useClass: SqlPurchasesReader },
    AutoReloadRunner,
    AutoReloadService,
    PaymentTerms,
    PaymentsKeeper,
    PurchaseBooks,
    PurchasesReconciler,
    PurchasesService,
    SettlePurchaseService,
  ],
})
export class PaymentsModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: PurchasesRepository,
      create: (manager: EntityManager) => new TypeormPurchasesRepository(manager),
    });
    this.registry.register({
      port: AutoReloadRepository,
      create: (manager: EntityManager) => new TypeormAutoReloadRepository(manager),
    });
  }
}
