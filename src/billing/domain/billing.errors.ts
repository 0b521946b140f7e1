import { DomainError } from '../../common/domain-error.js';
import type { GrantOutcome } from './ledger.js';

/** The same for a wallet that is missing and for one of somebody else's space. */
export function walletNotFound(): DomainError {
  return DomainError.notFound('wallet');
}

/** Why a grant was not made. */
export function toGrantError(outcome: Exclude<GrantOutcome, 'granted' | 'replayed'>): DomainError {
  switch (outcome) {
    case 'wallet_missing':
      return walletNotFound();
    case 'conflict':
      return new DomainError(
        'request.conflict',
        'This transaction_id stands for another movement. Send a new one, or none.',
      );
    case 'insufficient':
      return new DomainError('request.conflict', 'The wallet has less than is to be taken away.');
  }
}
