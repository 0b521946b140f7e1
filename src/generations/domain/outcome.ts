import { DomainError } from '../../common/domain-error.js';
import type { GenerationError, GenerationStatus, GenerationWarning } from './generation.js';

/** How an attempt ended, before it is concluded. */
export interface Outcome {
  /** Pictures that are stored. */
  delivered: number;
  /** Pictures the vendor made, some of which may have been lost. */
  made: number;
  /** Pictures that the vendor bills although they were canceled and did not come; absent = none. */
  billed?: number;
  /** Requests to the vendor that made them; absent = one. */
  requests?: number;
  /** What the caller is told. */
  error: DomainError | null;
  /** What the attempt is remembered by, where that is another; absent = the same. */
  attemptError?: DomainError | null;
  warnings: GenerationWarning[];
  usage: Record<string, unknown> | null;
  vendorRequestId: string | null;
}

/** What the rows will say. */
export interface Conclusion {
  status: GenerationStatus;
  attemptState: 'succeeded' | 'failed' | 'interrupted' | 'canceled';
  error: GenerationError | null;
}

/** k of n pictures: all is success, some is partial, none is failure. */
export function toConclusion(requested: number, outcome: Outcome): Conclusion {
  const error = outcome.error && toGenerationError(outcome.error);
  if (outcome.delivered >= requested) {
    return { status: 'succeeded', attemptState: 'succeeded', error: null };
  }
  if (outcome.delivered > 0) {
    return { status: 'partially_succeeded', attemptState: 'succeeded', error };
  }
  if (outcome.error?.code === 'generations.canceled') {
    return { status: 'canceled', attemptState: 'canceled', error };
  }
  const attemptState = outcome.error?.code === 'generations.interrupted' ? 'interrupted' : 'failed';
  return { status: 'failed', attemptState, error: error ?? toGenerationError(noPicture()) };
}

/** What the attempt is remembered by. */
export function toAttemptError(
  { error }: Conclusion,
  { attemptError }: Outcome,
): GenerationError | null {
  return error && attemptError ? toGenerationError(attemptError) : error;
}

/** The vendor said that all went well and delivered nothing that can be used. */
export function noPicture(): DomainError {
  return new DomainError(
    'provider.malformed',
    'The provider answered without a usable picture. Try again.',
  );
}

export function interrupted(): DomainError {
  return new DomainError(
    'generations.interrupted',
    'The service stopped during this generation. Nothing was charged. Send it again.',
    { retryAfterS: 1 },
  );
}

export function canceled(): DomainError {
  return new DomainError('generations.canceled', 'The generation was canceled.');
}

/** What the record says of a fault. */
export function toGenerationError(error: DomainError): GenerationError {
  const { code, message, retryAfterS, answerStatus } = error;
  return {
    code,
    message,
    ...(retryAfterS !== undefined && { retryAfterS }),
    ...(answerStatus !== undefined && { answerStatus }),
  };
}
