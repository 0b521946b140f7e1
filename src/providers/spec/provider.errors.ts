import { DomainError } from '../../common/domain-error.js';
import type { ErrorCode } from '../../common/error-code.js';
import { redact } from '../../common/redact.js';

/** Longest piece of a vendor's own words that goes to the log. */
const VENDOR_TEXT_CHARS_MAX = 2_000;

export type ProviderErrorKind =
  | 'refused'
  | 'invalid_request'
  | 'rate_limited'
  | 'quota_exhausted'
  | 'unauthorized'
  | 'failed'
  | 'unavailable'
  | 'timeout'
  | 'malformed'
  | 'canceled';

interface KindFace {
  code: ErrorCode;
  /** Whether the same vendor may do better when asked again. */
  isRetryable: boolean;
  /** Whether another credential or vendor may do better. */
  canFailOver: boolean;
  message: string;
}

const FACES: Readonly<Record<ProviderErrorKind, KindFace>> = {
  refused: {
    code: 'provider.refused',
    isRetryable: false,
    canFailOver: false,
    message:
      'The provider refused this request under its content policy. Change the prompt or the pictures.',
  },
  invalid_request: {
    code: 'provider.invalid_request',
    isRetryable: false,
    canFailOver: false,
    message: 'The provider does not take this request. Check the model and its options.',
  },
  rate_limited: {
    code: 'provider.rate_limited',
    isRetryable: true,
    canFailOver: true,
    message: 'The provider limits requests at the moment. Try again after the stated time.',
  },
  quota_exhausted: {
    code: 'provider.quota_exhausted',
    isRetryable: false,
    canFailOver: true,
    message:
      'The account at the provider has no credit left. Choose another model, or ask an operator.',
  },
  unauthorized: {
    code: 'provider.unauthorized',
    isRetryable: false,
    canFailOver: true,
    message:
      'The provider does not accept the credential of this connection. Ask an operator to check it.',
  },
  failed: {
    code: 'provider.failed',
    isRetryable: true,
    canFailOver: true,
    message: 'The provider failed to make the picture. Try again.',
  },
  unavailable: {
    code: 'provider.unavailable',
    isRetryable: true,
    canFailOver: true,
    message: 'The provider cannot be reached at the moment. Try again later.',
  },
  timeout: {
    code: 'provider.timeout',
    isRetryable: true,
    canFailOver: true,
    message:
      'The provider did not answer in time. Try again, or ask for fewer or smaller pictures.',
  },
  malformed: {
    code: 'provider.malformed',
    isRetryable: true,
    canFailOver: true,
    message: 'The provider answered in a form that cannot be used. Try again.',
  },
  canceled: {
    code: 'generations.canceled',
    isRetryable: false,
    canFailOver: false,
    message: 'The generation was canceled.',
  },
};

export interface ProviderErrorOptions {
  provider: string;
  model: string;
  /** HTTP status of the vendor; null = there was no answer. */
  status?: number | null;
  vendorRequestId?: string | null;
  retryAfterS?: number;
  /**
   * True when the request may have reached the vendor and nobody knows whether it did the work: a cut or a time-out
   * after sending, an unusable success. Such a call is never repeated and never sent elsewhere by itself.
   */
  mayHaveBeenPaid?: boolean;
  /** A finer word of our own, as `model_not_found`; safe to show. */
  reason?: string | null;
  /** Override the kind's own answers. */
  isRetryable?: boolean;
  canFailOver?: boolean;
  /** Field at fault in the words of the vendor; shown only when it looks like a field. */
  param?: string | null;
  /** The vendor's own words: redacted, cut and kept as `cause`, for the log only. */
  vendorText?: string | null;
  cause?: unknown;
}

const FIELD_FORM = /^[a-z][a-z0-9_.[\]]{0,59}$/;

/** All that can go wrong beyond our door. Its message is ours; the vendor's words are only in `cause`. */
export class ProviderError extends DomainError {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly model: string;
  readonly status: number | null;
  readonly vendorRequestId: string | null;
  readonly reason: string | null;
  readonly mayHaveBeenPaid: boolean;
  /** Whether the same request may be sent to the same vendor again without paying twice. */
  readonly isRetryable: boolean;
  /** Whether it may be sent with another credential or to another vendor without paying twice. */
  readonly canFailOver: boolean;

  constructor(
    readonly kind: ProviderErrorKind,
    options: ProviderErrorOptions,
  ) {
    const face = FACES[kind];
    super(face.code, face.message, {
      details: toDetails(options),
      retryAfterS: options.retryAfterS,
      cause: toCause(options),
    });
    this.provider = options.provider;
    this.model = options.model;
    this.status = options.status ?? null;
    this.vendorRequestId = options.vendorRequestId ?? null;
    this.reason = options.reason ?? null;
    this.mayHaveBeenPaid = options.mayHaveBeenPaid ?? false;
    this.isRetryable = (options.isRetryable ?? face.isRetryable) && !this.mayHaveBeenPaid;
    this.canFailOver = (options.canFailOver ?? face.canFailOver) && !this.mayHaveBeenPaid;
  }
}

function toDetails(options: ProviderErrorOptions): Record<string, string> {
  const { provider, model, reason, param } = options;
  return {
    provider,
    model,
    ...(reason ? { reason } : {}),
    ...(param && FIELD_FORM.test(param) ? { param } : {}),
  };
}

function toCause(options: ProviderErrorOptions): unknown {
  if (!options.vendorText) return options.cause;
  const text = redact(options.vendorText.slice(0, VENDOR_TEXT_CHARS_MAX));
  return new Error(`vendor said: ${text}`, { cause: options.cause });
}
