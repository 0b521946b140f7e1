import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import { toGrantError, walletNotFound } from './domain/billing.errors.js';
import type { Grant, LedgerTransaction } from './domain/ledger.js';
import type { Wallet } from './domain/wallet.js';
import { WalletsReader } from './domain/wallets.reader.port.js';
import { WalletsRepository } from './domain/wallets.repository.port.js';

export type GrantRequest = Omit<Grant, 'kind'>;

export interface GrantResult {
  transactionId: string;
  /** The transaction id was known already, and nothing was moved. */
  isReplayed: boolean;
  wallet: Wallet;
}

/** The money of the search spaces: what there is, how it came and went, and more of it. */
@Injectable()
export class WalletsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wallets: WalletsReader,
    private readonly access: AccessService,
  ) {}

  /** Null = the space has no wallet. */
  findBySpace(searchSpaceId: string): Promise<Wallet | null> {
    return this.wallets.findBySpace(searchSpaceId);
  }

  /** The space's wallet, made with the space in the caller's transaction. */
  async openIn(scope: WorkScope, searchSpaceId: string): Promise<Wallet> {
    return scope.get(WalletsRepository).createFor(searchSpaceId);
  }

  /** Grants within a transaction of the caller's. May be repeated with the same transaction id. */
  async grantIn(scope: WorkScope, grant: GrantRequest): Promise<{ isReplayed: boolean }> {
    const wallets = scope.get(WalletsRepository);
    const outcome = await wallets.grant({ ...grant, kind: 'grant' });
    if (outcome !== 'granted' && outcome !== 'replayed') throw toGrantError(outcome);
    if (outcome === 'replayed') return { isReplayed: true };
    await scope.get(AuditTrail).record({
      action: 'wallet.granted',
      target: { type: 'wallet', id: grant.walletId },
      searchSpaceId: await wallets.findSpaceId(grant.walletId),
      after: {
        transaction_id: grant.transactionId,
        amount_micros: grant.amountMicros,
        reason: grant.reason,
      },
    });
    return { isReplayed: false };
  }

  /**
   * Puts money into a wallet. May be repeated with the same transaction id.
   * @throws DomainError `request.not_found`, `request.conflict` when the id stands for another movement
   */
  async grant(grant: GrantRequest): Promise<GrantResult> {
    const { isReplayed } = await this.unitOfWork.run((scope) => this.grantIn(scope, grant));
    const wallet = await this.wallets.find(grant.walletId);
    if (!wallet) throw walletNotFound();
    return { transactionId: grant.transactionId, isReplayed, wallet };
  }

  /**
   * The wallet's movements, newest first, one more than the page asks for.
   * @throws DomainError `request.not_found` for outsiders too
   */
  async listTransactions(
    caller: Caller,
    walletId: string,
    page: PageRequest,
  ): Promise<LedgerTransaction[]> {
    const wallet = await this.wallets.find(walletId);
    const access = wallet && (await this.access.findAccess(caller, wallet.searchSpaceId));
    if (!access) throw walletNotFound();
    await this.access.assertPermission(caller, access.searchSpaceId, 'settings:view');
    return this.wallets.listTransactions(walletId, page.after, page.limit + 1);
  }
}
