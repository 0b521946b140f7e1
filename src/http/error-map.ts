import type { ErrorCode } from '../common/error-code.js';

/** How an error code looks on each surface. */
export interface ErrorFace {
  status: number;
  title: string;
  /** `type` of the OpenAI envelope. */
  openaiType: string;
  /** Whether the same request may succeed when sent again; becomes `x-should-retry`. */
  retry: boolean;
  logLevel: 'info' | 'warn' | 'error';
}

const INVALID = 'invalid_request_error';
const AUTHENTICATION = 'authentication_error';
const PERMISSION = 'permission_error';
const RATE_LIMIT = 'rate_limit_error';
const QUOTA = 'insufficient_quota';
const SERVER = 'server_error';
const UPSTREAM = 'upstream_error';

/** Total: a code without a face does not compile. */
export const ERROR_FACES: Readonly<Record<ErrorCode, ErrorFace>> = {
  'auth.credentials_missing': face(401, 'Credentials missing', AUTHENTICATION),
  'auth.credentials_invalid': face(401, 'Credentials invalid', AUTHENTICATION),
  'auth.key_in_query': face(400, 'Key in the query string', INVALID),
  'auth.login_failed': face(401, 'Login failed', AUTHENTICATION),
  'auth.login_throttled': wait(429, 'Too many failed logins', RATE_LIMIT),
  'auth.refresh_invalid': face(401, 'Refresh token invalid', AUTHENTICATION),
  'auth.refresh_reused': face(401, 'Refresh token used twice', AUTHENTICATION, 'warn'),
  'auth.reset_invalid': face(401, 'Reset token invalid', AUTHENTICATION),
  'auth.session_required': face(403, 'Login required', PERMISSION),
  'auth.key_expired': face(401, 'API key expired', AUTHENTICATION),
  'auth.key_inactive': face(401, 'API key switched off', AUTHENTICATION),
  'auth.key_restricted': face(403, 'API key not usable here', PERMISSION),
  'auth.model_not_allowed': face(403, 'Model not allowed', PERMISSION),
  'auth.scope_missing': face(403, 'Scope missing', PERMISSION),
  'auth.api_access_disabled': face(403, 'API access disabled', PERMISSION),
  'sso.required': face(403, 'Single sign-on required', PERMISSION),
  'sso.sign_in_failed': face(400, 'Sign-in failed', INVALID),
  'sso.refused': face(403, 'Sign-in refused', PERMISSION),
  'sso.code_invalid': face(400, 'Login code invalid', INVALID),
  'sso.provider_failed': face(502, 'Identity provider failed', UPSTREAM, 'error'),
  'sso.provider_unavailable': wait(503, 'Identity provider unavailable', UPSTREAM, 'error'),
  'rbac.permission_denied': face(403, 'Permission denied', PERMISSION),
  'rbac.operator_required': face(403, 'Operator required', PERMISSION),
  'rbac.invite_refused': face(400, 'Invite refused', INVALID),
  'request.invalid': face(400, 'Invalid request', INVALID),
  'request.not_found': face(404, 'Not found', INVALID),
  'request.method_not_allowed': face(405, 'Method not allowed', INVALID),
  'request.conflict': face(409, 'Conflict', INVALID),
  'request.too_large': face(413, 'Request too large', INVALID),
  'request.media_type_unsupported': face(415, 'Media type unsupported', INVALID),
  'request.throttled': wait(429, 'Too many requests', RATE_LIMIT),
  'request.busy': wait(429, 'Too busy', RATE_LIMIT),
  'request.shutting_down': wait(503, 'Shutting down', SERVER),
  'service.unavailable': wait(503, 'Service unavailable', SERVER, 'warn'),
  'idempotency.in_progress': wait(409, 'Still running', INVALID),
  'idempotency.key_reused': face(422, 'Idempotency key reused', INVALID),
  'idempotency.answer_gone': face(409, 'Answer no longer kept', INVALID),
  'billing.budget_exceeded': face(402, 'Budget exceeded', QUOTA),
  'billing.insufficient_balance': face(402, 'Insufficient balance', QUOTA),
  'billing.key_quota_exhausted': face(429, 'Key quota exhausted', QUOTA),
  'billing.no_price': face(422, 'No price', INVALID, 'warn'),
  'billing.subscription_expired': face(403, 'Subscription expired', QUOTA),
  'billing.spend_window_exceeded': wait(429, 'Spend window exceeded', QUOTA),
  'billing.unavailable': wait(503, 'Billing unavailable', SERVER, 'error'),
  'payments.not_configured': face(503, 'Payments not configured', SERVER),
  'payments.provider_failed': wait(502, 'Payment provider failed', UPSTREAM, 'error'),
  'payments.signature_invalid': face(400, 'Signature invalid', INVALID, 'warn'),
  'routing.model_unknown': face(404, 'Model unknown', INVALID),
  'routing.model_retired': face(410, 'Model retired', INVALID),
  'routing.capability_missing': face(400, 'Capability missing', INVALID),
  'routing.no_connection': face(503, 'No connection', SERVER, 'warn'),
  'routing.model_restricted': face(403, 'Model not open to this space', PERMISSION),
  'connections.secret_required': face(400, 'Secret required', INVALID),
  'moderation.blocked': face(400, 'Prompt blocked', INVALID),
  'limits.slots': wait(429, 'Too many calls at once', RATE_LIMIT),
  'upstream.busy': wait(503, 'Connections busy', SERVER, 'warn'),
  'upstream.unavailable': wait(503, 'Connections unavailable', SERVER, 'warn'),
  'outbound.url_refused': face(400, 'URL refused', INVALID),
  'outbound.fetch_failed': face(400, 'URL not readable', INVALID),
  'media.type_refused': face(400, 'File type refused', INVALID),
  'media.too_large': face(413, 'File too large', INVALID),
  'media.unreadable': face(400, 'File unreadable', INVALID),
  'media.link_invalid': face(403, 'Link invalid', PERMISSION),
  'media.bytes_lost': face(410, 'Picture lost', INVALID, 'error'),
  'provider.refused': face(422, 'Content refused', 'content_policy_violation'),
  'provider.invalid_request': face(422, 'Vendor refused the request', INVALID),
  'provider.rate_limited': wait(429, 'Vendor rate limit', RATE_LIMIT),
  'provider.quota_exhausted': face(502, 'Vendor quota exhausted', UPSTREAM, 'error'),
  'provider.unauthorized': face(502, 'Vendor refused our credentials', UPSTREAM, 'error'),
  'provider.failed': wait(502, 'Vendor failed', UPSTREAM, 'warn'),
  'provider.unavailable': wait(502, 'Vendor unavailable', UPSTREAM, 'warn'),
  'provider.timeout': face(504, 'Vendor timed out', UPSTREAM, 'warn'),
  'provider.malformed': face(502, 'Vendor answer unusable', UPSTREAM, 'warn'),
  'generations.interrupted': wait(502, 'Generation interrupted', SERVER, 'warn'),
  'generations.canceled': face(409, 'Generation canceled', INVALID),
  'generations.not_cancelable': face(409, 'Generation not cancelable', INVALID),
  'generations.queue_full': wait(429, 'Queue full', RATE_LIMIT),
  'generations.deadline_passed': face(504, 'Deadline passed', SERVER),
  'generations.confirm_required': face(409, 'Confirmation required', INVALID),
  'try_on.consent_required': face(403, 'Consent required', PERMISSION),
  'retention.held': face(409, 'Under legal hold', INVALID),
  'storage.quota_exceeded': face(403, 'Storage full', QUOTA),
  internal: face(500, 'Internal error', SERVER, 'error'),
};

/** A refusal that the same request would meet again. */
function face(
  status: number,
  title: string,
  openaiType: string,
  logLevel: ErrorFace['logLevel'] = 'info',
): ErrorFace {
  return { status, title, openaiType, retry: false, logLevel };
}

/** A refusal that waiting may lift. */
function wait(
  status: number,
  title: string,
  openaiType: string,
  logLevel: ErrorFace['logLevel'] = 'info',
): ErrorFace {
  return { status, title, openaiType, retry: true, logLevel };
}
