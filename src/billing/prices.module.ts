import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ProvidersModule } from '../providers/providers.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { SqlPricesRepository } from './adapters/sql-prices.repository.js';
import { SqlPricingStateReader } from './adapters/sql-pricing-state.reader.js';
import { SqlSubscriptionsReader } from './adapters/sql-subscriptions.reader.js';
import { TypeormPriceOverridesRepository } from './adapters/typeorm-price-overrides.repository.js';
import { TypeormPriceRulesRepository } from './adapters/typeorm-price-rules.repository.js';
import { TypeormSubscriptionsRepository } from './adapters/typeorm-subscriptions.repository.js';
import { PriceOverridesRepository } from './domain/price-overrides.repository.port.js';
import { PriceRulesRepository } from './domain/price-rules.repository.port.js';
import { PricesRepository } from './domain/prices.repository.port.js';
import { PricingStateReader } from './domain/pricing-state.reader.port.js';
import { SubscriptionsReader } from './domain/subscriptions.reader.port.js';
import { SubscriptionsRepository } from './domain/subscriptions.repository.port.js';
import { PriceOverridesController } from './http/price-overrides.controller.js';
import { PriceRulesController } from './http/price-rules.controller.js';
import { PricesController } from './http/prices.controller.js';
import { SubscriptionsController } from './http/subscriptions.controller.js';
import { PriceBook } from './price-book.js';
import { PriceEditions } from './price-editions.js';
import { PriceGapsService } from './price-gaps.service.js';
import { PriceOverridesService } from './price-overrides.service.js';
import { PriceRulesService } from './price-rules.service.js';
import { PriceTerms } from './price-terms.js';
import { PricingState } from './pricing-state.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { TokenPrices } from './token-prices.js';

/** What things cost, for whom, and who pays. */
@Module({
  imports: [ProvidersModule],
  controllers: [
    PricesController,
    PriceOverridesController,
    PriceRulesController,
    SubscriptionsController,
  ],
  providers: [
    { provide: PricesRepository, useClass: SqlPricesRepository },
    { provide: PricingStateReader, useClass: SqlPricingStateReader },
    { provide: SubscriptionsReader, useClass: SqlSubscriptionsReader },
    PriceBook,
    PriceEditions,
    PriceGapsService,
    PriceOverridesService,
    PriceRulesService,
    PriceTerms,
    PricingState,
    SubscriptionsService,
    TokenPrices,
  ],
  exports: [PriceBook, PriceTerms, TokenPrices],
})
export class PricesModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: PriceOverridesRepository,
      create: (manager: EntityManager) => new TypeormPriceOverridesRepository(manager),
    });
    this.registry.register({
      port: PriceRulesRepository,
      create: (manager: EntityManager) => new TypeormPriceRulesRepository(manager),
    });
    this.registry.register({
      port: SubscriptionsRepository,
      create: (manager: EntityManager) => new TypeormSubscriptionsRepository(manager),
    });
  }
}
