import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { newId } from '../common/ids.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { WalletClosings } from './domain/wallet-closings.port.js';

const ACTOR = 'system:space-deletion';

/**
 * Closes the wallet of a space that is being deleted, once no money is held in it: what is left is written off as
 * breakage. The wallet, its ledger and the usage stay.
 */
@Injectable()
export class SpaceWalletCloser implements OnModuleInit {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('wallet', (searchSpaceId) => this.close(searchSpaceId), 'money');
  }

  async close(searchSpaceId: string): Promise<RemovalProgress> {
    return this.unitOfWork.run(async (scope) => {
      const closing = await scope.get(WalletClosings).close(searchSpaceId, newId(), ACTOR);
      if (closing.outcome === 'held') return 'later';
      if (closing.outcome === 'none') return 'done';
      await scope.get(AuditTrail).record({
        action: 'wallet.closed',
        target: { type: 'wallet', id: closing.walletId },
        searchSpaceId,
        before: { available_micros: closing.writtenOffMicros },
        after: { available_micros: 0 },
      });
      return 'done';
    });
  }
}
