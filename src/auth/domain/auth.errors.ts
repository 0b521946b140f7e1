import { DomainError } from '../../common/domain-error.js';
import type { ForcedSignIn } from './sign-in-policy.port.js';

export function credentialsMissing(): DomainError {
  return new DomainError(
    'auth.credentials_missing',
    'Send an API key or an access token: "Authorization: Bearer …" or "X-API-Key: …".',
  );
}

/** Says nothing about why: unknown, revoked and mistyped look the same. */
export function credentialsInvalid(cause?: unknown): DomainError {
  return new DomainError(
    'auth.credentials_invalid',
    'The API key or access token is not valid. Check it, log in again, or ask for a new key.',
    { cause },
  );
}

/** A token whose signature was right, of a session that has ended since. */
class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}

export function sessionEnded(): DomainError {
  return credentialsInvalid(new SessionEndedError('the session of this token has ended'));
}

/** A refusal that whoever found it has counted against the address. */
class CountedRefusalError extends Error {
  override readonly name = 'CountedRefusalError';
}

/** The remote backend does not vouch for the user; looks like every other bad credential. */
export function delegatedRefused(): DomainError {
  return credentialsInvalid(new CountedRefusalError('the account backend said no'));
}

/**
 * No guess to be counted: what jsonwebtoken, jose and this file say of tokens that were genuine once or may be soon, such
 * as one signed with an issuer's newest key, and what is counted elsewhere.
 */
const HONEST_CAUSES: readonly (string | undefined)[] = [
  'TokenExpiredError',
  'JWTExpired',
  'JWKSNoMatchingKey',
  'SessionEndedError',
  'CountedRefusalError',
];

/** Whether the refusal may be one of many guesses and so counts against the address. */
export function isGuess(error: unknown): error is DomainError {
  if (!(error instanceof DomainError) || error.code !== 'auth.credentials_invalid') return false;
  return !HONEST_CAUSES.includes((error.cause as Error | undefined)?.name);
}

export function keyExpired(): DomainError {
  return new DomainError(
    'auth.key_expired',
    'This API key has expired. Make a new one (POST /api/v1/api-keys).',
  );
}

/** Said only to whoever holds the whole key. */
export function keyInactive(): DomainError {
  return new DomainError(
    'auth.key_inactive',
    'This API key is switched off. Ask whoever manages it to activate it.',
  );
}

/** Vague on purpose: a thief is not told which address or route would do. */
export function keyRestricted(): DomainError {
  return new DomainError(
    'auth.key_restricted',
    'This API key may not be used for this. Ask whoever manages it what it is for.',
  );
}

export function keyInQuery(): DomainError {
  return new DomainError(
    'auth.key_in_query',
    'Credentials in the address end up in logs, so they are refused. Send "Authorization: Bearer …" or "X-API-Key: …", and replace this key.',
  );
}

/** The domain of the address signs in through an identity provider: the answer names where. */
export function singleSignOnRequired({ providerName, startUrl }: ForcedSignIn): DomainError {
  return new DomainError(
    'sso.required',
    `This e-mail address signs in with ${providerName}, without a password here: ${startUrl}`,
    { details: { start_url: startUrl } },
  );
}

/** For a user who came with an identity provider's token: what is asked for belongs to a login here. */
export function loginRequired(): DomainError {
  return new DomainError(
    'auth.session_required',
    'This belongs to a login here. Log in (POST /api/v1/auth/login) and send its access token.',
  );
}

export function loginFailed(): DomainError {
  return new DomainError('auth.login_failed', 'E-mail address or password is wrong.');
}

export function refreshInvalid(): DomainError {
  return new DomainError(
    'auth.refresh_invalid',
    'The refresh token is unknown or has ended. Log in again.',
  );
}

export function refreshReused(): DomainError {
  return new DomainError(
    'auth.refresh_reused',
    'This refresh token was used before, so its session was ended. Log in again.',
  );
}

export function resetInvalid(): DomainError {
  return new DomainError(
    'auth.reset_invalid',
    'The token is unknown, was used, or has ended. Ask an operator for a new one.',
  );
}

/** Refused so that somebody can always run the service. */
export function lastOperator(field: 'status' | 'is_operator'): DomainError {
  return new DomainError(
    'request.conflict',
    `${field}: this is the last active operator. Make another user an operator first.`,
    { fields: [{ field, message: 'is of the last active operator' }] },
  );
}
