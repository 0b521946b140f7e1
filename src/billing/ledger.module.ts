import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlLedgerBooks } from './adapters/sql-ledger-books.js';
import { SqlLotsReader } from './adapters/sql-lots.reader.js';
import { SqlMoneyUpkeep } from './adapters/sql-money-upkeep.js';
import { SqlReconciliationReader } from './adapters/sql-reconciliation.reader.js';
import { SqlStatementsReader } from './adapters/sql-statements.reader.js';
import { SqlWalletsReader } from './adapters/sql-wallets.reader.js';
import { TypeormReconciliationRepository } from './adapters/typeorm-reconciliation.repository.js';
import { TypeormWalletClosings } from './adapters/typeorm-wallet-closings.js';
import { TypeormWalletsRepository } from './adapters/typeorm-wallets.repository.js';
import { LedgerBooks } from './domain/ledger-books.port.js';
import { LotsReader } from './domain/lots.reader.port.js';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';
import { ReconciliationReader } from './domain/reconciliation.reader.port.js';
import { ReconciliationRepository } from './domain/reconciliation.repository.port.js';
import { StatementsReader } from './domain/statements.reader.port.js';
import { WalletClosings } from './domain/wallet-closings.port.js';
import { WalletsReader } from './domain/wallets.reader.port.js';
import { WalletsRepository } from './domain/wallets.repository.port.js';
import { ProofController } from './http/proof.controller.js';
import { ReconciliationController } from './http/reconciliation.controller.js';
import { StatementsController } from './http/statements.controller.js';
import { WalletMovementsController } from './http/wallet-movements.controller.js';
import { WalletsController } from './http/wallets.controller.js';
import { LedgerKeeper } from './ledger-keeper.js';
import { LedgerProofsService } from './ledger-proofs.service.js';
import { MoneyKeeper } from './money-keeper.js';
import { ReconciliationService } from './reconciliation.service.js';
import { SpaceWalletCloser } from './space-wallet.closer.js';
import { StatementsService } from './statements.service.js';
import { WalletMovementsService } from './wallet-movements.service.js';
import { WalletsService } from './wallets.service.js';

/** Wallets, what moves in and out of them, and the proof that it all adds up. */
@Module({
  imports: [AuthModule, RbacModule, SpacesModule],
  controllers: [
    WalletsController,
    WalletMovementsController,
    StatementsController,
    ProofController,
    ReconciliationController,
  ],
  providers: [
    { provide: LedgerBooks, useClass: SqlLedgerBooks },
    { provide: LotsReader, useClass: SqlLotsReader },
    { provide: MoneyUpkeep, useClass: SqlMoneyUpkeep },
    { provide: ReconciliationReader, useClass: SqlReconciliationReader },
    { provide: StatementsReader, useClass: SqlStatementsReader },
    { provide: WalletsReader, useClass: SqlWalletsReader },
    LedgerKeeper,
    LedgerProofsService,
    MoneyKeeper,
    ReconciliationService,
    SpaceWalletCloser,
    StatementsService,
    WalletMovementsService,
    WalletsService,
  ],
  exports: [WalletsService],
})
export class LedgerModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: WalletsRepository,
      create: (manager: EntityManager) => new TypeormWalletsRepository(manager),
    });
    this.registry.register({
      port: WalletClosings,
      create: (manager: EntityManager) => new TypeormWalletClosings(manager),
    });
    this.registry.register({
      port: ReconciliationRepository,
      create: (manager: EntityManager) => new TypeormReconciliationRepository(manager),
    });
  }
}
