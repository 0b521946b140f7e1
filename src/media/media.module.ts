import { Module, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { HealthChecks } from '../health/health-checks.js';
import { OutboxHandlers } from '../persistence/outbox-handlers.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { Outbox } from '../persistence/outbox.port.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { FilesystemMediaStorage } from './adapters/filesystem-media-storage.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpaceHooksModule } from '../spaces/space-hooks.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlLinkedAssets } from './adapters/sql-linked-assets.js';
import { SqlProvenanceReader } from './adapters/sql-provenance.reader.js';
import { TypeormSpaceProvenanceRepository } from './adapters/typeorm-space-provenance.repository.js';
import { SqlMediaAnalyses } from './adapters/sql-media-analyses.js';
import { SqlMediaLibrary } from './adapters/sql-media-library.js';
import { SqlMediaRepository } from './adapters/sql-media.repository.js';
import { SqlSpaceMediaReader } from './adapters/sql-space-media.reader.js';
import { TypeormMediaLibraryRepository } from './adapters/typeorm-media-library.repository.js';
import { TypeormAssetLinksRepository } from './adapters/typeorm-asset-links.repository.js';
import { SqlMediaInventory } from './adapters/sql-media-inventory.js';
import { TypeormUnnamedBytes } from './adapters/typeorm-unnamed-bytes.js';
import { TypeormMediaReleases } from './adapters/typeorm-media-releases.js';
import { AssetLinksRepository, LinkedAssets } from './domain/linked-assets.port.js';
import { BLOB_RELEASED } from './domain/media-asset.js';
import { MediaAnalyses } from './domain/media-analyses.port.js';
import { MediaLibrary, MediaLibraryRepository } from './domain/media-library.port.js';
import { MediaInventory, UnnamedBytes } from './domain/media-inventory.port.js';
import { MediaReleases } from './domain/media-releases.port.js';
import { MediaRepository } from './domain/media.repository.port.js';
import { MediaStorage } from './domain/media-storage.strategy.js';
import { ProvenanceReader, SpaceProvenanceRepository } from './domain/space-provenance.js';
import { MediaContent } from './http/media-content.js';
import { MediaController } from './http/media.controller.js';
import { SimilarController } from './http/similar.controller.js';
import { SimilarRequests } from './http/similar-requests.js';
import { MediaUploads } from './http/media-uploads.js';
import { MediaViews } from './http/media-views.js';
import { OwnUploads } from './http/own-uploads.js';
import { UploadsController } from './http/uploads.controller.js';
import { MediaLinksController } from './http/media-links.controller.js';
import { SpaceProvenanceController } from './http/space-provenance.controller.js';
import { UploadForms } from './http/upload-forms.js';
import { VerifyController } from './http/verify.controller.js';
import { VerifyRequests } from './http/verify-requests.js';
import { SpaceMediaReader } from './domain/space-media.reader.port.js';
import { AnalysePicturesService } from './analysis/analyse-pictures.service.js';
import { AnalysesWorker } from './analysis/analyses.worker.js';
import { SimilarPicturesService } from './analysis/similar-pictures.service.js';
import { MediaInventoryService } from './inventory/media-inventory.service.js';
import { BeginUploadService } from './library/begin-upload.service.js';
import { CompleteUploadService } from './library/complete-upload.service.js';
import { LibrarySweeper } from './library/library-sweeper.js';
import { MediaLibraryService } from './library/media-library.service.js';
import { OpenUploads } from './library/open-uploads.js';
import { ReceiveUploadService } from './library/receive-upload.service.js';
import { UploadPicturesService } from './library/upload-pictures.service.js';
import { UploadTokens } from './library/upload-tokens.js';
import { MediaLinks } from './media-links.js';
import { MediaReaper } from './media-reaper.js';
import { MediaRecovery } from './media-recovery.js';
import { MediaService } from './media.service.js';
import { MediaUses } from './media-uses.js';
import { C2paIdentity } from './provenance/c2pa-identity.js';
import { C2paWorker } from './provenance/c2pa-worker.js';
import { MarkPicturesService } from './provenance/mark-pictures.service.js';
import { SpaceProvenanceService } from './provenance/space-provenance.service.js';
import { VerifyPictureService } from './provenance/verify-picture.service.js';
import { AssetLinks } from './serving/asset-links.js';
import { DerivedCache } from './serving/derived-cache.js';
import { DerivedKeeper } from './serving/derived-keeper.js';
import { PictureSender } from './serving/picture-sender.js';
import { ServedPictures } from './serving/served-pictures.js';
import { ShareMediaService } from './serving/share-media.service.js';
import { TransformPicturesService } from './serving/transform-pictures.service.js';
import { SpaceMediaRemover } from './space-media.remover.js';
import { StorageRoom } from './storage-room.js';
import { toReleasedBlob } from './to-released-blob.js';

/** The SDK of S3 is loaded by those who use it. */
async function toStorage({ media }: AppConfig): Promise<MediaStorage> {
  if (media.s3 === null) return new FilesystemMediaStorage(media.dir);
  const { S3MediaStorage } = await import('./adapters/s3-media-storage.js');
  return new S3MediaStorage(media.s3);
}

@Module({
  imports: [OutboundModule, RbacModule, SpaceHooksModule, SpacesModule],
  controllers: [
    SpaceProvenanceController,
    VerifyController,
    MediaController,
    MediaLinksController,
    SimilarController,
    UploadsController,
  ],
  providers: [
    MediaService,
    C2paIdentity,
    C2paWorker,
    MarkPicturesService,
    SpaceProvenanceService,
    VerifyPictureService,
    VerifyRequests,
    MediaInventoryService,
    MediaLinks,
    MediaReaper,
    MediaRecovery,
    SpaceMediaRemover,
    AssetLinks,
    DerivedCache,
    DerivedKeeper,
    PictureSender,
    ServedPictures,
    ShareMediaService,
    TransformPicturesService,
    { provide: LinkedAssets, useClass: SqlLinkedAssets },
    MediaContent,
    MediaLibraryService,
    MediaUploads,
    MediaUses,
    MediaViews,
    LibrarySweeper,
    UploadForms,
    UploadPicturesService,
    UploadTokens,
    BeginUploadService,
    ReceiveUploadService,
    CompleteUploadService,
    OpenUploads,
    OwnUploads,
    StorageRoom,
    AnalysePicturesService,
    AnalysesWorker,
    SimilarPicturesService,
    SimilarRequests,
    { provide: MediaAnalyses, useClass: SqlMediaAnalyses },
    { provide: MediaInventory, useClass: SqlMediaInventory },
    { provide: MediaLibrary, useClass: SqlMediaLibrary },
    { provide: MediaRepository, useClass: SqlMediaRepository },
    { provide: ProvenanceReader, useClass: SqlProvenanceReader },
    { provide: SpaceMediaReader, useClass: SqlSpaceMediaReader },
    {
      provide: MediaStorage,
      useFactory: toStorage,
      inject: [AppConfig],
    },
  ],
  exports: [
    MediaInventoryService,
    MediaUses,
    StorageRoom,
    MediaService,
    MarkPicturesService,
    MediaLinks,
    AssetLinks,
    PictureSender,
    ServedPictures,
  ],
})
export class MediaModule implements OnModuleInit {
  constructor(
    private readonly storage: MediaStorage,
    private readonly reaper: MediaReaper,
    private readonly registry: WorkRegistry,
    private readonly handlers: OutboxHandlers,
    private readonly checks: HealthChecks,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.storage.prepare();
    this.registry.register({
      port: MediaReleases,
      create: (manager) => new TypeormMediaReleases(manager, this.registry.create(Outbox, manager)),
    });
    this.registry.register({
      port: UnnamedBytes,
      create: (manager) => new TypeormUnnamedBytes(manager),
    });
    this.registry.register({
      port: MediaLibraryRepository,
      create: (manager) => new TypeormMediaLibraryRepository(manager),
    });
    this.registry.register({
      port: AssetLinksRepository,
      create: (manager) => new TypeormAssetLinksRepository(manager),
    });
    this.registry.register({
      port: SpaceProvenanceRepository,
      create: (manager) => new TypeormSpaceProvenanceRepository(manager),
    });
    this.handlers.on(BLOB_RELEASED, 'media.reaper', (event) =>
      this.reaper.reap(toReleasedBlob(event)),
    );
    this.checks.add('media', () => this.storage.ping());
  }
}
