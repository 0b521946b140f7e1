import { DomainError } from '../../common/domain-error.js';

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

/** What jsonwebtoken and this file say of tokens that were genuine once: no sign of somebody guessing. */
const HONEST_CAUSES: readonly (string | undefined)[] = ['TokenExpiredError', 'SessionEndedError'];

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

export function keyInQuery(): DomainError {
  return new DomainError(
    'auth.key_in_query',
    'Credentials in the address end up in logs, so they are refused. Send "Authorization: Bearer …" or "X-API-Key: …", and replace this key.',
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
