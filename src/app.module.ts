import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BillingModule } from './billing/billing.module.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { DelegatedModule } from './delegated/delegated.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { GenerationsModule } from './generations/generations.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MediaModule } from './media/media.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ModerationModule } from './moderation/moderation.module.js';
import { OutboundModule } from './outbound/outbound.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { PersistenceModule } from './persistence/persistence.module.js';
import { PromptsModule } from './prompts/prompts.module.js';
import { ProvidersModule } from './providers/providers.module.js';
import { QueueModule } from './queue/queue.module.js';
import { RbacModule } from './rbac/rbac.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RoutingModule } from './routing/routing.module.js';
import { SpacesModule } from './spaces/spaces.module.js';
import { SsoModule } from './sso/sso.module.js';
import { ThrottleModule } from './throttle/throttle.module.js';
import { TryOnModule } from './try-on/try-on.module.js';
import { UpstreamModule } from './upstream/upstream.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/**
 * The list of rooms, from the ground up. The order of the global guards is the order here: request limits
 * (ThrottleModule) before permissions (RbacModule); authentication came before both, in `onRequest`.
 */
@Module({})
export class AppModule {
  static register(config: AppConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.register(config),
        LoggingModule.register(logger),
        MetricsModule,
        HealthModule,
        HttpModule,
        PersistenceModule.register(config),
        QueueModule.register(config),
        OutboundModule,
        ThrottleModule,
        AuditModule,
        ProvidersModule,
        AuthModule,
        RbacModule,
        SpacesModule,
        SsoModule,
        UpstreamModule,
        MediaModule,
        BillingModule,
        RoutingModule,
        DelegatedModule.register(config),
        PaymentsModule,
        ModerationModule,
        GenerationsModule,
        PromptsModule,
        TryOnModule,
        GatewayModule,
        RetentionModule,
        WebhooksModule,
      ],
    };
  }
}
