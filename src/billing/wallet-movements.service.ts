import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { DomainError } from '../common/domain-error.js';
import type { Micros } from '../common/micros.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { assertTimely } from './domain/assert-timely.js';
import { toGrantError, walletNotFound } from './domain/billing.errors.js';
import type { Grant, GrantOutcome, Transfer } from './domain/ledger.js';
import type { Wallet } from './domain/wallet.js';
import { WalletsReader } from './domain/wallets.reader.port.js';
import { WalletsRepository } from './domain/wallets.repository.port.js';
import type { GrantResult } from './wallets.service.js';

export type AdjustRequest = Omit<Grant, 'kind' | 'lot'> & { correctsId: string };

/** What operators do to wallets beside granting: corrections, transfers, overdrafts. Who may is said by the routes. */
@Injectable()
export class WalletMovementsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wallets: WalletsReader,
  ) {}

  /**
   * Puts right what another transaction did. May be repeated with the same transaction id.
   * @throws DomainError `request.not_found`, `request.invalid` when it corrects nothing of this wallet,
   * `request.conflict` when the wallet or the charge has less than that, or the id stands for another movement
   */
  async adjust(request: AdjustRequest): Promise<GrantResult> {
    assertTimely(request.transactionId, new Date());
    const isReplayed = await this.unitOfWork.run(async (scope) => {
      const wallets = scope.get(WalletsRepository);
      const isKnown = isReplay(await wallets.grant({ ...request, kind: 'adjust' }));
      if (isKnown) return true;
      await scope.get(AuditTrail).record({
        action: 'wallet.adjusted',
        target: { type: 'wallet', id: request.walletId },
        searchSpaceId: await wallets.findSpaceId(request.walletId),
        after: {
          transaction_id: request.transactionId,
          amount_micros: request.amountMicros,
          corrects_transaction_id: request.correctsId,
          reason: request.reason,
        },
      });
      return false;
    });
    return this.toResult(request.transactionId, request.walletId, isReplayed);
  }

  /**
   * Moves available money to another wallet; it keeps its kind and its dates. May be repeated with the same
   * transaction id. Answers the wallet it was taken from.
   * @throws DomainError `request.not_found`, `request.invalid` when it is the same wallet, `request.conflict` when
   * there is less, or the id stands for another movement
   */
  async transfer(transfer: Transfer): Promise<GrantResult> {
    assertTimely(transfer.transactionId, new Date());
    if (transfer.toWalletId === transfer.fromWalletId)
      throw DomainError.invalid('to_wallet_id', 'must be another wallet');
    const isReplayed = await this.unitOfWork.run(async (scope) => {
      const wallets = scope.get(WalletsRepository);
      if (isReplay(await wallets.transfer(transfer))) return true;
      const after = {
        transaction_id: transfer.transactionId,
        from_wallet_id: transfer.fromWalletId,
        to_wallet_id: transfer.toWalletId,
        amount_micros: transfer.amountMicros,
        reason: transfer.reason,
      };
      for (const id of [transfer.fromWalletId, transfer.toWalletId]) {
        await scope.get(AuditTrail).record({
          action: 'wallet.transferred',
          target: { type: 'wallet', id },
          searchSpaceId: await wallets.findSpaceId(id),
          after,
        });
      }
      return false;
    });
    return this.toResult(transfer.transactionId, transfer.fromWalletId, isReplayed);
  }

  /**
   * How far below 0 calls that cost more than they held may take the wallet.
   * @throws DomainError `request.not_found`, `request.conflict` when the wallet is further below 0
   */
  async setOverdraft(walletId: string, overdraftMicros: Micros): Promise<Wallet> {
    await this.unitOfWork.run(async (scope) => {
      const wallets = scope.get(WalletsRepository);
      const beforeMicros = await wallets.setOverdraft(walletId, overdraftMicros);
      if (beforeMicros === null) throw walletNotFound();
      if (beforeMicros === overdraftMicros) return;
      await scope.get(AuditTrail).record({
        action: 'wallet.changed',
        target: { type: 'wallet', id: walletId },
        searchSpaceId: await wallets.findSpaceId(walletId),
        before: { overdraft_micros: beforeMicros },
        after: { overdraft_micros: overdraftMicros },
      });
    });
    const wallet = await this.wallets.find(walletId);
    if (!wallet) throw walletNotFound();
    return wallet;
  }

  private async toResult(
    transactionId: string,
    walletId: string,
    isReplayed: boolean,
  ): Promise<GrantResult> {
    const wallet = await this.wallets.find(walletId);
    if (!wallet) throw walletNotFound();
    return { transactionId, isReplayed, wallet };
  }
}

function isReplay(outcome: GrantOutcome): boolean {
  if (outcome !== 'granted' && outcome !== 'replayed') throw toGrantError(outcome);
  return outcome === 'replayed';
}
