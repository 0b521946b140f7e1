import { Module, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { HealthChecks } from '../health/health-checks.js';
import { OutboxHandlers } from '../persistence/outbox-handlers.js';
import { Outbox } from '../persistence/outbox.port.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { FilesystemMediaStorage } from './adapters/filesystem-media-storage.js';
import { SpaceHooksModule } from '../spaces/space-hooks.module.js';
import { SqlMediaRepository } from './adapters/sql-media.repository.js';
import { SqlSpaceMediaReader } from './adapters/sql-space-media.reader.js';
import { TypeormMediaReleases } from './adapters/typeorm-media-releases.js';
import { BLOB_RELEASED } from './domain/media-asset.js';
import { MediaReleases } from './domain/media-releases.port.js';
import { MediaRepository } from './domain/media.repository.port.js';
import { MediaStorage } from './domain/media-storage.strategy.js';
import { SpaceMediaReader } from './domain/space-media.reader.port.js';
import { MediaLinks } from './media-links.js';
import { MediaReaper } from './media-reaper.js';
import { MediaRecovery } from './media-recovery.js';
import { MediaService } from './media.service.js';
import { SpaceMediaRemover } from './space-media.remover.js';
import { toReleasedBlob } from './to-released-blob.js';

@Module({
  imports: [SpaceHooksModule],
  providers: [
    MediaService,
    MediaLinks,
    MediaReaper,
    MediaRecovery,
    SpaceMediaRemover,
    { provide: MediaRepository, useClass: SqlMediaRepository },
    { provide: SpaceMediaReader, useClass: SqlSpaceMediaReader },
    {
      provide: MediaStorage,
      useFactory: (config: AppConfig) => new FilesystemMediaStorage(config.media.dir),
      inject: [AppConfig],
    },
  ],
  exports: [MediaService, MediaLinks],
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
    this.handlers.on(BLOB_RELEASED, 'media.reaper', (event) =>
      this.reaper.reap(toReleasedBlob(event)),
    );
    this.checks.add('media', () => this.storage.ping());
  }
}
