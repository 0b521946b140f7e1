import { DomainError } from '../../common/domain-error.js';
import type { ErrorCode } from '../../common/error-code.js';
import { redact } from '../../common/redact.js';

/** Longest piece of a vendor's own words that goes to the log. */
const VENDOR_TEXT_CHARS_MAX = 2_000;
/** So much of a vendor's own words is kept for who asks for them. */
const VENDOR_WORDS_CHARS_MAX = 8_192;

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
      'The provider refused this request under its content policy. Change what is asked for.',
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
    message: 'The provider failed on this request. Try again.',
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
    message: 'The provider did not answer in time. Try again, or ask for less at once.',
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
  /** What to do next, in our own words and safe to show: said after the kind's own message. */
  advice?: string;
  /** Override the kind's own answers. */
  isRetryable?: boolean;
  canFailOver?: boolean;
  /** Field at fault in the words of the vendor; shown only when it looks like a field. */
  param?: string | null;
  /** The vendor's own words, without the credential: redacted, cut and kept as `cause` for the log, and as `vendorWords`. */
  vendorText?: string | null;
  cause?: unknown;
}

const FIELD_FORM = /^[a-z][a-z0-9_.[\]]{0,59}$/;

/** All that can go wrong beyond our door. Its message is ours; the vendor's words are only in `cause` and `vendorWords`. */
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
  /** Private to the language, so that nothing that writes out an error's fields writes out these. */
  readonly #vendorWords: string | null;

  constructor(
    readonly kind: ProviderErrorKind,
    options: ProviderErrorOptions,
  ) {
    const face = FACES[kind];
    const vendorWords = options.vendorText ? toVendorWords(options.vendorText) : null;
    super(face.code, [face.message, options.advice ?? ''].join(' ').trim(), {
      details: toDetails(options),
      retryAfterS: options.retryAfterS,
      cause: toCause(vendorWords, options.cause),
    });
    this.#vendorWords = vendorWords;
    this.provider = options.provider;
    this.model = options.model;
    this.status = options.status ?? null;
    this.vendorRequestId = options.vendorRequestId ?? null;
    this.reason = options.reason ?? null;
    this.mayHaveBeenPaid = options.mayHaveBeenPaid ?? false;
    this.isRetryable = (options.isRetryable ?? face.isRetryable) && !this.mayHaveBeenPaid;
    this.canFailOver = (options.canFailOver ?? face.canFailOver) && !this.mayHaveBeenPaid;
  }

  /** The vendor's own words, redacted and at most 8,192 characters; null = it said nothing. Shown to nobody unasked. */
  get vendorWords(): string | null {
    return this.#vendorWords;
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

/** Redacted before it is cut, for half a secret looks like none. */
function toVendorWords(text: string): string {
  return redact(text.slice(0, 2 * VENDOR_WORDS_CHARS_MAX)).slice(0, VENDOR_WORDS_CHARS_MAX);
}

function toCause(vendorWords: string | null, cause: unknown): unknown {
  if (vendorWords === null) return cause;
  return new Error(`vendor said: ${vendorWords.slice(0, VENDOR_TEXT_CHARS_MAX)}`, { cause });
}
