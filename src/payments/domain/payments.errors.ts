import { DomainError } from '../../common/domain-error.js';

export function notConfigured(): DomainError {
  return new DomainError(
    'payments.not_configured',
    'Credit cannot be bought here. Ask an operator of the service for a grant ' +
      '(POST /api/v1/billing/wallets/{id}/grants), or to set PAYMENT_PROVIDER and what it needs.',
  );
}

/** Whoever sent the request cannot know what became of it; sent again with the same id it is safe. */
export function providerFailed(cause: unknown): DomainError {
  return new DomainError(
    'payments.provider_failed',
    'The payment provider could not be asked. Nothing is lost: send the same request again in a moment.',
    { cause, retryAfterS: 5 },
  );
}

export function signatureInvalid(cause?: unknown): DomainError {
  return new DomainError(
    'payments.signature_invalid',
    'The signature does not fit the body. Sign it with the secret of this endpoint, at most 5 minutes ago.',
    { cause },
  );
}

/** The same for a purchase that is missing and for one of somebody else. */
export function purchaseNotFound(): DomainError {
  return DomainError.notFound('purchase');
}

export function purchaseIdTaken(): DomainError {
  return new DomainError(
    'request.conflict',
    'This purchase_id stands for another purchase, or for one that has ended. Send a new one, or none.',
  );
}

export function methodMissing(): DomainError {
  return new DomainError(
    'request.conflict',
    'No card is saved for this wallet. Buy credit once with save_payment_method true, then set auto-reload.',
  );
}

export function tooManyOpen(): DomainError {
  return new DomainError(
    'request.conflict',
    'Too many payment pages of this search space are open. Pay one of them, or wait until they expire (a day).',
  );
}
