import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { GenerationsModule } from '../generations/generations.module.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { SpaceHooksModule } from '../spaces/space-hooks.module.js';
import { SqlDeliveriesStore } from './adapters/sql-deliveries.store.js';
import { SqlWebhooksReader } from './adapters/sql-webhooks.reader.js';
import { TypeormDeliveryClaims } from './adapters/typeorm-delivery-claims.js';
import { TypeormWalletNotices } from './adapters/typeorm-wallet-notices.js';
import { TypeormWebhooksRepository } from './adapters/typeorm-webhooks.repository.js';
import { ComposeWebhookService } from './compose-webhook.service.js';
import { DeliverWebhookService } from './deliver-webhook.service.js';
import { DeliveriesStore, DeliveryClaims } from './domain/deliveries.store.port.js';
import { WalletNotices } from './domain/wallet-notices.port.js';
import { WebhooksReader } from './domain/webhooks.reader.port.js';
import { WebhooksRepository } from './domain/webhooks.repository.port.js';
import { WebhookDeliveriesController } from './http/webhook-deliveries.controller.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { SendWebhookService } from './send-webhook.service.js';
import { WalletWatch } from './wallet-watch.js';
import { WebhookAssembler } from './webhook-assembler.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookNewsListener } from './webhook-news.listener.js';
import { WebhookSignal } from './webhook-signal.js';
import { WebhooksKeeper } from './webhooks.keeper.js';
import { WebhooksService } from './webhooks.service.js';
import { WebhooksWorker } from './webhooks.worker.js';

/** Tells the systems of others what happened in a space, by signed requests. */
@Module({
  imports: [GenerationsModule, OutboundModule, RbacModule, SecretsModule, SpaceHooksModule],
  controllers: [WebhookDeliveriesController, WebhooksController],
  providers: [
    { provide: DeliveriesStore, useClass: SqlDeliveriesStore },
    { provide: WebhooksReader, useClass: SqlWebhooksReader },
    ComposeWebhookService,
    DeliverWebhookService,
    SendWebhookService,
    WalletWatch,
    WebhookAssembler,
    WebhookDeliveriesService,
    WebhookNewsListener,
    WebhookSignal,
    WebhooksKeeper,
    WebhooksService,
    WebhooksWorker,
  ],
})
export class WebhooksModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: WebhooksRepository,
      create: (manager: EntityManager) => new TypeormWebhooksRepository(manager),
    });
    this.registry.register({
      port: DeliveryClaims,
      create: (manager: EntityManager) => new TypeormDeliveryClaims(manager),
    });
    this.registry.register({
      port: WalletNotices,
      create: (manager: EntityManager) => new TypeormWalletNotices(manager),
    });
  }
}
