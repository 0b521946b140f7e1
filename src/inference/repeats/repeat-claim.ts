import { DomainError } from '../../common/domain-error.js';

/** By what a call is known when it comes again. */
export interface RepeatClaim {
  /** As in the Idempotency-Key of pictures: the user or the API key. */
  callerId: string;
  /** `POST /v1/chat/completions` */
  route: string;
  /** The caller's Idempotency-Key. */
  key: string;
  /** SHA-256 (hex) of the canonical JSON of the body. */
  fingerprint: string;
}

const RETRY_AFTER_S = 1;

/** Instead of an admission: the key belongs to an earlier call of the same body. Told as still running, unless it is more. */
export class RepeatedCallError extends DomainError {
  override readonly name = 'RepeatedCallError';

  /** @param holdId of the earlier call */
  constructor(readonly holdId: string) {
    super(
      'idempotency.in_progress',
      'The request with this Idempotency-Key is still running. Ask again in a moment.',
      { retryAfterS: RETRY_AFTER_S },
    );
  }
}

export function keyReused(): DomainError {
  return new DomainError(
    'idempotency.key_reused',
    'This Idempotency-Key was used for another request. Send a new key.',
  );
}

export function answerGone(): DomainError {
  return new DomainError(
    'idempotency.answer_gone',
    'The request with this Idempotency-Key was carried out and paid, and its answer is no longer kept, or was cut off. ' +
      'Send a new key to ask again; that is charged anew.',
  );
}
