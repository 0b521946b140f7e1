import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { BillingModule } from '../billing/billing.module.js';
import type { SettlementRider } from '../billing/domain/settlement-rider.js';
import { SettlementRiders } from '../billing/settlement-riders.js';
import { AppConfig } from '../config/app-config.js';
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
import { InProcessJobNews } from './adapters/in-process-job-news.js';
import { RedisJobNews } from './adapters/redis-job-news.js';
import { SqlDeadLettersReader } from './adapters/sql-dead-letters.reader.js';
import { SqlQueueReader } from './adapters/sql-queue.reader.js';
import { SqlSpaceGenerations } from './adapters/sql-space-generations.js';
import { SqlBatchesRepository } from './adapters/sql-batches.repository.js';
import { SqlLineageReader } from './adapters/sql-lineage.reader.js';
import { SqlOutstandingReader } from './adapters/sql-outstanding.reader.js';
import { SqlRepeatsReader } from './adapters/sql-repeats.reader.js';
import { TypeormDeadLettersRepository } from './adapters/typeorm-dead-letters.repository.js';
import { TypeormGenerationsRemover } from './adapters/typeorm-generations.remover.js';
import { TypeormGenerationsRepository } from './adapters/typeorm-generations.repository.js';
import { AdmissionParts } from './admission-parts.js';
import { AdmitGenerationService } from './admit-generation.service.js';
import { AwaitGenerationService } from './await-generation.service.js';
import { BatchesTrimmer } from './batches/batches.trimmer.js';
import { CreateBatchService } from './batches/create-batch.service.js';
import { ViewBatchService } from './batches/view-batch.service.js';
import { CallVendorService } from './call-vendor.service.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import { ConcludedListener } from './concluded.listener.js';
import { CreateGenerationService } from './create-generation.service.js';
import { CreditCheckService } from './credit-check.service.js';
import { DeliveryMarks } from './delivery-marks.js';
import { BatchesRepository } from './domain/batches.repository.port.js';
import { GenerationsRemover, GenerationsRepository } from './domain/generations.repository.port.js';
import { DeadLettersReader, DeadLettersRepository } from './domain/dead-letters.repository.port.js';
import { JobNews } from './domain/job-news.port.js';
import { QueueReader } from './domain/queue.reader.port.js';
import { SpaceGenerations } from './domain/space-generations.port.js';
import { OutstandingReader } from './domain/outstanding.reader.port.js';
import { RepeatsReader } from './domain/repeats.reader.port.js';
import { DraftGenerationService } from './draft-generation.service.js';
import { EndGenerationService } from './end-generation.service.js';
import { FailOverService } from './fail-over.service.js';
import { GenerationInputs } from './generation-inputs.js';
import { GenerationLinks } from './generation-links.js';
import { GenerationsReconciler } from './generations.reconciler.js';
import { HistoryModule } from './history/history.module.js';
import { LabelGenerationService } from './history/label-generation.service.js';
import { BatchCreation } from './http/batch-creation.js';
import { BatchesController } from './http/batches.controller.js';
import { GenerationImagesController } from './http/generation-images.controller.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { JobEvents } from './http/job-events.js';
import { JobEventsController } from './http/job-events.controller.js';
import { GenerationsController } from './http/generations.controller.js';
import { LabelsController } from './http/labels.controller.js';
import { LineageController } from './http/lineage.controller.js';
import { NativeCreation } from './http/native-creation.js';
import { QuoteController } from './http/quote.controller.js';
import { DeadLettersService } from './jobs/dead-letters.service.js';
import { DeadLettersTrimmer } from './jobs/dead-letters.trimmer.js';
import { JobWatchService } from './jobs/job-watch.service.js';
import { QueueDeadlines } from './jobs/queue-deadlines.js';
import { PicturesInUse } from './pictures-in-use.js';
import { PriorityGate } from './priority-gate.js';
import { LineageReader } from './lineage/lineage.reader.port.js';
import { LineageService } from './lineage/lineage.service.js';
import { LocalRuns } from './local-runs.js';
import { PartialPictures } from './partial-pictures.js';
import { PreparePromptService } from './prepare-prompt.service.js';
import { PromptPreparers } from './prompt-preparers.js';
import { QueuedRunsWorker } from './queued-runs.worker.js';
import { QuoteGenerationService } from './quote-generation.service.js';
import { ReceivedPictures } from './received-pictures.js';
import { RecoverRunsService } from './recover-runs.service.js';
import { RemoveGenerationsService } from './remove-generations.service.js';
import { RunGenerationService } from './run-generation.service.js';
import { RunInSlotService } from './run-in-slot.service.js';
import { ShowImageService } from './show-image.service.js';
import { SpaceGenerationsRemover } from './space-generations.remover.js';
import { StartRunService } from './start-run.service.js';
import { ViewGenerationsService } from './view-generations.service.js';

/** `REDIS_URL` carries news between processes. */
function toJobNews({ queue }: AppConfig): JobNews {
  if (queue.redisUrl === null) return new InProcessJobNews();
  return new RedisJobNews(queue.redisUrl, queue.redisPrefix);
}

/** What a request of another room does not bring is not looked for in its batch. */
const RIDERS: readonly SettlementRider[] = [
  {
    step: 'admit',
    stage: 'before_money',
    sqlFunction: 'generations_claim',
    keys: ['claim'],
  },
  { step: 'admit', stage: 'before_money', sqlFunction: 'generations_bound', keys: ['queue'] },
  {
    step: 'admit',
    stage: 'after_money',
    sqlFunction: 'generations_admit',
    // Of a member that money refused it frees the claim.
    keys: ['generation', 'attempt', 'claim'],
  },
  {
    step: 'admit',
    stage: 'after_money',
    sqlFunction: 'generations_collect',
    keys: ['generation'],
  },
  { step: 'admit', stage: 'after_money', sqlFunction: 'generations_rank', keys: ['queue'] },
  {
    step: 'conclude',
    stage: 'after_money',
    sqlFunction: 'generations_conclude',
    keys: ['generation', 'attempt'],
  },
  {
    step: 'conclude',
    stage: 'after_money',
    sqlFunction: 'generations_bury',
    keys: ['dead_letter'],
  },
  { step: 'conclude', stage: 'after_money', sqlFunction: 'outbox_append', keys: ['events'] },
];

/** One request's life: quote, hold, run, store, post. */
@Module({
  imports: [
    TypeOrmModule.forFeature([GenerationEntity, AttemptEntity]),
    AuthModule,
    BillingModule,
    ConnectionsModule,
    HistoryModule,
    MediaModule,
    ModerationModule,
    OutboundModule,
    RoutingModule,
    SpacesModule,
    UpstreamModule,
  ],
  controllers: [
    GenerationsController,
    BatchesController,
    GenerationImagesController,
    LabelsController,
    LineageController,
    JobEventsController,
    DeadLettersController,
    QuoteController,
  ],
  providers: [
    { provide: GenerationsRepository, useClass: TypeormGenerationsRepository },
    { provide: BatchesRepository, useClass: SqlBatchesRepository },
    { provide: LineageReader, useClass: SqlLineageReader },
    { provide: OutstandingReader, useClass: SqlOutstandingReader },
    { provide: RepeatsReader, useClass: SqlRepeatsReader },
    { provide: SpaceGenerations, useClass: SqlSpaceGenerations },
    { provide: QueueReader, useClass: SqlQueueReader },
    { provide: JobNews, useFactory: toJobNews, inject: [AppConfig] },
    { provide: DeadLettersReader, useClass: SqlDeadLettersReader },
    DeadLettersService,
    DeadLettersTrimmer,
    JobEvents,
    JobWatchService,
    PriorityGate,
    QueueDeadlines,
    AdmissionParts,
    AdmitGenerationService,
    AwaitGenerationService,
    BatchCreation,
    BatchesTrimmer,
    CreateBatchService,
    ViewBatchService,
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
    LabelGenerationService,
    LineageService,
    LocalRuns,
    NativeCreation,
    PartialPictures,
    PicturesInUse,
    PreparePromptService,
    PromptPreparers,
    QueuedRunsWorker,
    QuoteGenerationService,
    ReceivedPictures,
    RecoverRunsService,
    RemoveGenerationsService,
    RunGenerationService,
    RunInSlotService,
    ShowImageService,
    SpaceGenerationsRemover,
    StartRunService,
    ViewGenerationsService,
  ],
  exports: [
    AdmissionParts,
    CreateGenerationService,
    DeliveryMarks,
    EndGenerationService,
    GenerationLinks,
    PartialPictures,
    PromptPreparers,
    QuoteGenerationService,
    RemoveGenerationsService,
    ViewGenerationsService,
  ],
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
    this.registry.register({
      port: DeadLettersRepository,
      create: (manager: EntityManager) => new TypeormDeadLettersRepository(manager),
    });
    for (const rider of RIDERS) this.riders.register(rider);
  }
}
