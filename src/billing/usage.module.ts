import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SqlKeyUsageReader } from './adapters/sql-key-usage.reader.js';
import { SqlUsageReader } from './adapters/sql-usage.reader.js';
import { SqlUsageReportsReader } from './adapters/sql-usage-reports.reader.js';
import { SqlUsageRollUpStore } from './adapters/sql-usage-roll-up.store.js';
import { SqlUsageUpkeep } from './adapters/sql-usage-upkeep.js';
import { TypeormSpendAnomalies } from './adapters/typeorm-spend-anomalies.js';
import { AlertsListener } from './alerts.listener.js';
import { BudgetsModule } from './budgets.module.js';
import { KeyUsageReader } from './domain/key-usage.reader.port.js';
import { SpendAnomalies } from './domain/spend-anomalies.port.js';
import { UsageReader } from './domain/usage.reader.port.js';
import { UsageReportsReader } from './domain/usage-reports.reader.port.js';
import { UsageRollUpStore } from './domain/usage-roll-up.store.port.js';
import { UsageUpkeep } from './domain/usage-upkeep.port.js';
import { KeyUsageController } from './http/key-usage.controller.js';
import { UsageController } from './http/usage.controller.js';
import { UsageReportsController } from './http/usage-reports.controller.js';
import { KeyUsageService } from './key-usage.service.js';
import { SpendWatch } from './spend-watch.js';
import { UsageKeeper } from './usage-keeper.js';
import { UsageReportsService } from './usage-reports.service.js';
import { UsageRetention } from './usage-retention.js';
import { UsageRollUps } from './usage-roll-ups.js';
import { UsageService } from './usage.service.js';
import { UsageSight } from './usage-sight.js';

/** Where the money went: usage by call and by sum, how long it is kept, and what is told of it. */
@Module({
  imports: [AuthModule, BudgetsModule, RbacModule],
  controllers: [KeyUsageController, UsageController, UsageReportsController],
  providers: [
    { provide: KeyUsageReader, useClass: SqlKeyUsageReader },
    { provide: UsageReader, useClass: SqlUsageReader },
    { provide: UsageReportsReader, useClass: SqlUsageReportsReader },
    { provide: UsageRollUpStore, useClass: SqlUsageRollUpStore },
    { provide: UsageUpkeep, useClass: SqlUsageUpkeep },
    AlertsListener,
    KeyUsageService,
    SpendWatch,
    UsageKeeper,
    UsageReportsService,
    UsageRetention,
    UsageRollUps,
    UsageService,
    UsageSight,
  ],
  exports: [UsageService],
})
export class UsageModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: SpendAnomalies,
      create: (manager: EntityManager) => new TypeormSpendAnomalies(manager),
    });
  }
}
