import { DomainError } from '../../common/domain-error.js';

/** The same for one that is missing and for one of a space the caller is not in. */
export function webhookNotFound(): DomainError {
  return DomainError.notFound('webhook');
}

export function deliveryNotFound(): DomainError {
  return DomainError.notFound('delivery of this webhook');
}

export function tooManyWebhooks(most: number): DomainError {
  return new DomainError(
    'request.conflict',
    `The search space has ${most} webhooks, which is the most. Delete one first.`,
  );
}

export function webhookDisabled(): DomainError {
  return new DomainError(
    'request.conflict',
    'The webhook is disabled. Enable it first: PATCH it with is_enabled true.',
  );
}

export function tooManyWaiting(most: number): DomainError {
  return new DomainError(
    'request.conflict',
    `${most} deliveries wait for this webhook, which is the most. See in its log why they are not taken; ask again ` +
      'when fewer wait.',
    { retryAfterS: 60 },
  );
}

export function deliveryUnderWay(): DomainError {
  return new DomainError(
    'request.conflict',
    'The delivery is being sent at this moment. See how it ends, then send it again.',
    { retryAfterS: 15 },
  );
}
