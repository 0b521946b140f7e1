import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import { toGrantError, walletNotFound } from './domain/billing.errors.js';
import { assertTimely } from './domain/assert-timely.js';
import type { Grant, LedgerTransaction } from './domain/ledger.js';
import type { Lot, LotTerms } from './domain/lot.js';
import { LotsReader } from './domain/lots.reader.port.js';
import type { Wallet } from './domain/wallet.js';
import { WalletsReader } from './domain/wallets.reader.port.js';
import { WalletsRepository } from './domain/wallets.repository.port.js';

export type GrantRequest = Omit<Grant, 'kind' | 'correctsId'>;

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
    private readonly lots: LotsReader,
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
        ...toTerms(grant.lot),
      },
    });
    return { isReplayed: false };
  }

  /**
   * Puts money into a wallet. May be repeated with the same transaction id.
   * @throws DomainError `request.not_found`, `request.conflict` when the id stands for another movement
   */
  async grant(grant: GrantRequest): Promise<GrantResult> {
    assertTimely(grant.transactionId, new Date());
    assertDates(grant.lot, new Date());
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
    await this.findFor(caller, walletId);
    return this.wallets.listTransactions(walletId, page.after, page.limit + 1);
  }

  /**
   * The wallet's grants, newest first, one more than the page asks for.
   * @throws DomainError `request.not_found` for outsiders too
   */
  async listLots(caller: Caller, walletId: string, page: PageRequest): Promise<Lot[]> {
    await this.findFor(caller, walletId);
    return this.lots.list(walletId, page.after, page.limit + 1);
  }

  /**
   * The wallet, for somebody who may see its space's settings.
   * @throws DomainError `request.not_found` for outsiders too
   */
  async findFor(caller: Caller, walletId: string): Promise<Wallet> {
    const wallet = await this.wallets.find(walletId);
    const access = wallet && (await this.access.findAccess(caller, wallet.searchSpaceId));
    if (!access) throw walletNotFound();
    await this.access.assertPermission(caller, access.searchSpaceId, 'settings:view');
    return wallet;
  }
}

/** How the terms of a grant stand in the audit; those left out are not there. */
function toTerms(lot: LotTerms | undefined): Record<string, unknown> {
  if (!lot) return {};
  return {
    kind: lot.kind,
    priority: lot.priority,
    effective_at: lot.effectiveAt?.toISOString(),
    expires_at: lot.expiresAt?.toISOString(),
  };
}

function assertDates(lot: LotTerms | undefined, now: Date): void {
  const expiresAt = lot?.expiresAt;
  if (!expiresAt) return;
  if (expiresAt <= now) throw DomainError.invalid('expires_at', 'must be in the future');
  if (lot.effectiveAt && expiresAt <= lot.effectiveAt)
    throw DomainError.invalid('expires_at', 'must be after effective_at');
}
