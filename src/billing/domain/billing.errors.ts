import { DomainError } from '../../common/domain-error.js';
import type { Micros } from '../../common/micros.js';
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
      return new DomainError(
        'request.conflict',
        'The wallet has less than is to be taken away. Take no more than is available.',
      );
  }
}

/** A correction that names a transaction the wallet does not have. */
export function correctedMissing(): DomainError {
  return DomainError.invalid(
    'corrects_transaction_id',
    'names no transaction of this wallet; take the id from its ledger',
  );
}

/** A credit above what is left of the charge it corrects. */
export function correctionExceeds(remainingMicros: Micros): DomainError {
  return new DomainError(
    'request.conflict',
    `Of what that transaction charged, ${remainingMicros} micros are left to be credited. Credit no more than that.`,
    { details: { remaining_micros: remainingMicros } },
  );
}

/** A transfer of more than can be moved. */
export function transferExceeds(remainingMicros: Micros): DomainError {
  return new DomainError(
    'request.conflict',
    `The wallet has ${remainingMicros} micros that can be moved. Move no more than that.`,
    { details: { remaining_micros: remainingMicros } },
  );
}

/** An overdraft smaller than what the wallet owes. */
export function overdraftInUse(): DomainError {
  return new DomainError(
    'request.conflict',
    'The wallet is further below zero than that. Put money in first, or allow more.',
  );
}

export function alreadyResolved(): DomainError {
  return new DomainError(
    'request.conflict',
    'This item is resolved already. Nothing is left to do.',
  );
}
