import { Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { createGuardedDispatcher } from '../outbound/guarded-dispatcher.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { BflProvider } from './bfl/bfl.provider.js';
import { EmbeddedProvider } from './embedded/embedded.provider.js';
import { GeminiProvider } from './gemini/gemini.provider.js';
import { ModelCatalogService } from './model-catalog.service.js';
import { OpenaiProvider } from './openai/openai.provider.js';
import { ProviderFactory } from './provider.factory.js';
import { ReplicateProvider } from './replicate/replicate.provider.js';
import { PROVIDER_DISPATCHER_OPTIONS, ProviderHttp } from './shared/provider-http.js';
import { StabilityProvider } from './stability/stability.provider.js';

/** A new vendor is one line in the factory's list. */
@Module({
  imports: [OutboundModule],
  providers: [
    { provide: ModelCatalogService, useFactory: () => new ModelCatalogService() },
    {
      provide: ProviderHttp,
      useFactory: (guard: OutboundGuard) =>
        new ProviderHttp(createGuardedDispatcher(guard, PROVIDER_DISPATCHER_OPTIONS)),
      inject: [OutboundGuard],
    },
    {
      provide: ProviderFactory,
      useFactory: (catalog: ModelCatalogService, http: ProviderHttp, clock: Clock) =>
        new ProviderFactory(catalog, [
          new EmbeddedProvider(catalog),
          new OpenaiProvider(catalog, http, clock),
          new GeminiProvider(catalog, http, clock),
          new StabilityProvider(catalog, http, clock),
          new BflProvider(catalog, http, clock),
          new ReplicateProvider(catalog, http, clock),
        ]),
      inject: [ModelCatalogService, ProviderHttp, Clock],
    },
  ],
  exports: [ModelCatalogService, ProviderFactory],
})
export class ProvidersModule {}
