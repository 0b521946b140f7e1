import { type BeforeApplicationShutdown, Module, type OnModuleInit } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { newId } from '../common/ids.js';
import type { Micros } from '../common/micros.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlHoldsReader } from './adapters/sql-holds.reader.js';
import { SqlSettlementStore } from './adapters/sql-settlement.store.js';
import { BudgetsModule } from './budgets.module.js';
import { HoldsReader } from './domain/holds.reader.port.js';
import { SettlementStore } from './domain/settlement.store.port.js';
import { HoldsService } from './holds.service.js';
import { LedgerModule } from './ledger.module.js';
import { PricesModule } from './prices.module.js';
import { SettlementRiders } from './settlement-riders.js';
import { SettlementWriter } from './settlement-writer.js';
import { UsageModule } from './usage.module.js';
import { WalletsService } from './wallets.service.js';

const FIRST_GRANT_ACTOR = 'system:first-start';

/** Prices, holds and the ledger. A new space gets its wallet here, in the transaction that makes the space. */
@Module({
  imports: [
    AuthModule,
    BudgetsModule,
    LedgerModule,
    PricesModule,
    RbacModule,
    SpacesModule,
    UsageModule,
  ],
  providers: [
    { provide: HoldsReader, useClass: SqlHoldsReader },
    { provide: SettlementStore, useClass: SqlSettlementStore },
    HoldsService,
    SettlementRiders,
    SettlementWriter,
  ],
  exports: [
    BudgetsModule,
    HoldsService,
    LedgerModule,
    PricesModule,
    SettlementRiders,
    SettlementWriter,
  ],
})
export class BillingModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly wallets: WalletsService,
    private readonly writer: SettlementWriter,
    private readonly riders: SettlementRiders,
  ) {}

  onModuleInit(): void {
    // Before all other riders: nothing of a space that is being deleted is looked at any further.
    this.riders.register({ step: 'admit', stage: 'before_money', sqlFunction: 'spaces_admit' });
    this.hooks.onCreated(async (scope, searchSpaceId) => {
      await this.wallets.openIn(scope, searchSpaceId);
    });
    this.hooks.onFirstSpace((scope, searchSpaceId, creditMicros) =>
      this.grantFirst(scope, searchSpaceId, creditMicros),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writer.drain();
  }

  private async grantFirst(
    scope: WorkScope,
    searchSpaceId: string,
    amountMicros: Micros,
  ): Promise<void> {
    if (amountMicros === 0) return;
    const { id: walletId } = await this.wallets.openIn(scope, searchSpaceId);
    await this.wallets.grantIn(scope, {
      transactionId: newId(),
      walletId,
      amountMicros,
      reason: 'first start',
      actor: FIRST_GRANT_ACTOR,
    });
  }
}
