import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { BillingModule } from '../billing/billing.module.js';
import { SettlementRiders } from '../billing/settlement-riders.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { MediaModule } from '../media/media.module.js';
import { ModerationModule } from '../moderation/moderation.module.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RoutingModule } from '../routing/routing.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { AttemptEntity } from './adapters/attempt.entity.js';
import { GenerationEntity } from './adapters/generation.entity.js';
import { SqlSpaceGenerations } from './adapters/sql-space-generations.js';
import { SqlOutstandingReader } from './adapters/sql-outstanding.reader.js';
import { SqlRepeatsReader } from './adapters/sql-repeats.reader.js';
import { TypeormGenerationsRemover } from './adapters/typeorm-generations.remover.js';
import { TypeormGenerationsRepository } from './adapters/typeorm-generations.repository.js';
import { AdmitGenerationService } from './admit-generation.service.js';
import { AwaitGenerationService } from './await-generation.service.js';
import { CallVendorService } from './call-vendor.service.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import { ConcludedListener } from './concluded.listener.js';
import { CreateGenerationService } from './create-generation.service.js';
import { CreditCheckService } from './credit-check.service.js';
import { DeliveryMarks } from './delivery-marks.js';
import { GenerationsRemover, GenerationsRepository } from './domain/generations.repository.port.js';
import { SpaceGenerations } from './domain/space-generations.port.js';
import { OutstandingReader } from './domain/outstanding.reader.port.js';
import { RepeatsReader } from './domain/repeats.reader.port.js';
import { DraftGenerationService } from './draft-generation.service.js';
import { EndGenerationService } from './end-generation.service.js';
import { FailOverService } from './fail-over.service.js';
import { GenerationInputs } from './generation-inputs.js';
import { GenerationLinks } from './generation-links.js';
import { GenerationsReconciler } from './generations.reconciler.js';
import { GenerationImagesController } from './http/generation-images.controller.js';
import { GenerationsController } from './http/generations.controller.js';
import { NativeCreation } from './http/native-creation.js';
import { QuoteController } from './http/quote.controller.js';
import { LocalRuns } from './local-runs.js';
import { PartialPictures } from './partial-pictures.js';
import { QueuedRunsWorker } from './queued-runs.worker.js';
import { QuoteGenerationService } from './quote-generation.service.js';
import { ReceivedPictures } from './received-pictures.js';
import { RecoverRunsService } from './recover-runs.service.js';
import { RunGenerationService } from './run-generation.service.js';
import { RunInSlotService } from './run-in-slot.service.js';
import { ShowImageService } from './show-image.service.js';
import { SpaceGenerationsRemover } from './space-generations.remover.js';
import { StartRunService } from './start-run.service.js';
import { ViewGenerationsService } from './view-generations.service.js';

/** One request's life: quote, hold, run, store, post. */
@Module({
  imports: [
    TypeOrmModule.forFeature([GenerationEntity, AttemptEntity]),
    BillingModule,
    ConnectionsModule,
    MediaModule,
    ModerationModule,
    OutboundModule,
    RoutingModule,
    SpacesModule,
    UpstreamModule,
  ],
  controllers: [GenerationsController, GenerationImagesController, QuoteController],
  providers: [
    { provide: GenerationsRepository, useClass: TypeormGenerationsRepository },
    { provide: OutstandingReader, useClass: SqlOutstandingReader },
    { provide: RepeatsReader, useClass: SqlRepeatsReader },
    { provide: SpaceGenerations, useClass: SqlSpaceGenerations },
    AdmitGenerationService,
    AwaitGenerationService,
    ConcludedListener,
    CallVendorService,
    ConcludeGenerationService,
    CreateGenerationService,
    CreditCheckService,
    DeliveryMarks,
    DraftGenerationService,
    EndGenerationService,
    FailOverService,
    GenerationInputs,
    GenerationLinks,
    GenerationsReconciler,
    LocalRuns,
    NativeCreation,
    PartialPictures,
    QueuedRunsWorker,
    QuoteGenerationService,
    ReceivedPictures,
    RecoverRunsService,
    RunGenerationService,
    RunInSlotService,
    ShowImageService,
    SpaceGenerationsRemover,
    StartRunService,
    ViewGenerationsService,
  ],
  exports: [CreateGenerationService, DeliveryMarks, GenerationLinks, PartialPictures],
})
export class GenerationsModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly riders: SettlementRiders,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      port: GenerationsRemover,
      create: (manager: EntityManager) => new TypeormGenerationsRemover(manager),
    });
    this.riders.register({
      step: 'admit',
      stage: 'before_money',
      sqlFunction: 'generations_claim',
    });
    this.riders.register({ step: 'admit', stage: 'after_money', sqlFunction: 'generations_admit' });
    this.riders.register({
      step: 'admit',
      stage: 'after_money',
      sqlFunction: 'generations_collect',
    });
    this.riders.register({
      step: 'conclude',
      stage: 'after_money',
      sqlFunction: 'generations_conclude',
    });
    this.riders.register({ step: 'conclude', stage: 'after_money', sqlFunction: 'outbox_append' });
  }
}
