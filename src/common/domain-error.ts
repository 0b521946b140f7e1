import type { ErrorCode } from './error-code.js';

export interface FieldFault {
  /** Path of the field as the caller wrote it: `reference_images[0].url`. */
  field: string;
  message: string;
}

export interface DomainErrorOptions {
  /** Safe to show; merged into the answer as extension members, in snake_case. */
  details?: Readonly<Record<string, unknown>>;
  /** The fields at fault, for a 400. */
  fields?: readonly FieldFault[];
  /** When asking again can help, in whole seconds; becomes Retry-After. */
  retryAfterS?: number;
  /** HTTP status of the answer in place of the code's own, 400 to 599: what an operator wants told of a failure. */
  answerStatus?: number;
  /** Logged, never shown. */
  cause?: unknown;
}

/** An expected refusal or failure. Its message is safe to show and names the caller's next step. */
export class DomainError extends Error {
  override readonly name: string = 'DomainError';
  readonly details: Readonly<Record<string, unknown>>;
  readonly fields: readonly FieldFault[];
  readonly retryAfterS?: number;
  readonly answerStatus?: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.details = options.details ?? {};
    this.fields = options.fields ?? [];
    this.retryAfterS = options.retryAfterS;
    this.answerStatus = options.answerStatus;
  }

  /** A 400 about one field: `n must be a whole number from 1 to 10`. */
  static invalid(field: string, message: string): DomainError {
    return new DomainError('request.invalid', `${field} ${message}`, {
      fields: [{ field, message }],
    });
  }

  /** A 404 that is the same for what is missing and for what the caller may not see. */
  static notFound(what: string): DomainError {
    return new DomainError('request.not_found', `No such ${what}, or you have no access to it.`);
  }
}
