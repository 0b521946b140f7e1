import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlBudgetsReader } from './adapters/sql-budgets.reader.js';
import { TypeormBudgetsRepository } from './adapters/typeorm-budgets.repository.js';
import { BudgetAuthority } from './budget-authority.js';
import { BudgetViewsService } from './budget-views.service.js';
import { BudgetsService } from './budgets.service.js';
import { BudgetsReader } from './domain/budgets.reader.port.js';
import { BudgetsRepository } from './domain/budgets.repository.port.js';
import { BudgetStatusController } from './http/budget-status.controller.js';
import { BudgetsController } from './http/budgets.controller.js';
import { KeyBudgetsService } from './key-budgets.service.js';

/** Caps on what is spent: made, changed and looked at here; held to in the step that holds the money. */
@Module({
  imports: [AuthModule, RbacModule, SpacesModule],
  controllers: [BudgetsController, BudgetStatusController],
  providers: [
    { provide: BudgetsReader, useClass: SqlBudgetsReader },
    BudgetAuthority,
    BudgetsService,
    BudgetViewsService,
    KeyBudgetsService,
  ],
  exports: [BudgetsReader, KeyBudgetsService],
})
export class BudgetsModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: BudgetsRepository,
      create: (manager: EntityManager) => new TypeormBudgetsRepository(manager),
    });
  }
}
