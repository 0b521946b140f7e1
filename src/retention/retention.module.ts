import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AdmissionParts } from '../generations/admission-parts.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { MediaModule } from '../media/media.module.js';
import { StorageRoom } from '../media/storage-room.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { SpaceHooksModule } from '../spaces/space-hooks.module.js';
import { SqlCleanupsStore } from './adapters/sql-cleanups.store.js';
import { SqlLegalHoldsReader } from './adapters/sql-legal-holds.reader.js';
import { SqlRetentionStore } from './adapters/sql-retention.store.js';
import { SqlStorageStatsStore } from './adapters/sql-storage-stats.store.js';
import { TypeormCleanupClaims } from './adapters/typeorm-cleanup-claims.js';
import { TypeormHeldRows } from './adapters/typeorm-held-rows.js';
import { TypeormLegalHoldsRepository } from './adapters/typeorm-legal-holds.repository.js';
import { TypeormRetentionPolicies } from './adapters/typeorm-retention-policies.js';
import { SqlStorageScansStore } from './adapters/sql-storage-scans.store.js';
import { TypeormStorageScans } from './adapters/typeorm-storage-scans.js';
import { TypeormStorageQuotas } from './adapters/typeorm-storage-quotas.js';
import { ApplyRetentionService } from './apply-retention.service.js';
import { CleanupsService } from './cleanups.service.js';
import { CleanupClaims, CleanupsStore } from './domain/cleanups.store.port.js';
import { HeldRows } from './domain/held-rows.port.js';
import { LegalHoldsReader, LegalHoldsRepository } from './domain/legal-holds.reader.port.js';
import { RetentionPolicies, RetentionStore } from './domain/retention.store.port.js';
import { StorageScanRepository, StorageScansStore } from './domain/storage-scans.store.port.js';
import { StorageQuotas, StorageStatsStore } from './domain/storage-stats.store.port.js';
import { CleanupRequests } from './http/cleanup-requests.js';
import { CleanupsController } from './http/cleanups.controller.js';
import { LegalHoldsController } from './http/legal-holds.controller.js';
import { RetentionController } from './http/retention.controller.js';
import { StorageScansController } from './http/storage-scans.controller.js';
import { StorageStatsController } from './http/storage-stats.controller.js';
import { LegalHoldsService } from './legal-holds.service.js';
import { RetentionKeeper } from './retention.keeper.js';
import { RetentionPoliciesService } from './retention-policies.service.js';
import { RunCleanupsService } from './run-cleanups.service.js';
import { RunStorageScansService } from './run-storage-scans.service.js';
import { StorageQuotasService } from './storage-quotas.service.js';
import { StorageScanMetrics } from './storage-scan-metrics.js';
import { StorageScanKeeper } from './storage-scan.keeper.js';
import { StorageScansService } from './storage-scans.service.js';

/** How long pictures are kept, what must be kept, and clearing up. */
@Module({
  imports: [GenerationsModule, MediaModule, RbacModule, SpaceHooksModule],
  controllers: [
    CleanupsController,
    LegalHoldsController,
    RetentionController,
    StorageScansController,
    StorageStatsController,
  ],
  providers: [
    { provide: CleanupsStore, useClass: SqlCleanupsStore },
    { provide: LegalHoldsReader, useClass: SqlLegalHoldsReader },
    { provide: RetentionStore, useClass: SqlRetentionStore },
    { provide: StorageScansStore, useClass: SqlStorageScansStore },
    { provide: StorageStatsStore, useClass: SqlStorageStatsStore },
    ApplyRetentionService,
    CleanupRequests,
    CleanupsService,
    LegalHoldsService,
    RetentionKeeper,
    RetentionPoliciesService,
    RunCleanupsService,
    RunStorageScansService,
    StorageQuotasService,
    StorageScanKeeper,
    StorageScanMetrics,
    StorageScansService,
  ],
})
export class RetentionModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly admissions: AdmissionParts,
    private readonly room: StorageRoom,
    private readonly quotas: StorageQuotasService,
    private readonly hooks: SpaceHooks,
    private readonly sums: StorageStatsStore,
  ) {}

  onModuleInit(): void {
    this.admissions.register(async ({ searchSpaceId }) => {
      await this.quotas.assertNotFull(searchSpaceId);
      return null;
    });
    this.room.register((searchSpaceId, moreBytes) =>
      this.quotas.assertRoom(searchSpaceId, moreBytes),
    );
    // After the pictures, whose going are changes too; the sums go with the space.
    this.hooks.onDeleting('storage changes', async (searchSpaceId) =>
      (await this.sums.dropChanges(searchSpaceId)) > 0 ? 'more' : 'done',
    );
    this.registry.register({
      port: StorageQuotas,
      create: (manager: EntityManager) => new TypeormStorageQuotas(manager),
    });
    this.registry.register({
      port: StorageScanRepository,
      create: (manager: EntityManager) => new TypeormStorageScans(manager),
    });
    this.registry.register({
      port: CleanupClaims,
      create: (manager: EntityManager) => new TypeormCleanupClaims(manager),
    });
    this.registry.register({
      port: HeldRows,
      create: (manager: EntityManager) => new TypeormHeldRows(manager),
    });
    this.registry.register({
      port: LegalHoldsRepository,
      create: (manager: EntityManager) => new TypeormLegalHoldsRepository(manager),
    });
    this.registry.register({
      port: RetentionPolicies,
      create: (manager: EntityManager) => new TypeormRetentionPolicies(manager),
    });
  }
}
