import { DomainError } from '../../common/domain-error.js';

/** Why a sign-in cannot go on though the identity provider was not asked, or was asked in vain. */
export type SignInFault =
  | 'state_unknown'
  | 'browser_changed'
  | 'provider_changed'
  | 'provider_declined'
  | 'answer_malformed';

/** Why a person whom the identity provider vouches for may not come in. */
export type RefusalReason =
  | 'email_missing'
  | 'email_unverified'
  | 'email_of_other_provider'
  | 'account_exists'
  | 'sign_up_disabled'
  | 'account_disabled'
  | 'groups_incomplete';

const SENTENCE_OF_FAULT: Readonly<Record<SignInFault, string>> = {
  state_unknown: 'This sign-in is unknown, was finished before, or took too long.',
  browser_changed: 'This sign-in was begun in another browser, or its cookie was lost.',
  provider_changed: 'This sign-in was begun with another identity provider.',
  provider_declined: 'The identity provider did not sign you in.',
  answer_malformed: 'The identity provider sent you back without an answer.',
};

const SENTENCE_OF_REFUSAL: Readonly<Record<RefusalReason, string>> = {
  email_missing:
    'The identity provider tells no e-mail address. Ask an operator to check email_claim and scopes.',
  email_unverified:
    'The identity provider has not verified your e-mail address. Have it verified there, then sign in again.',
  email_of_other_provider:
    'Your e-mail address belongs to a domain that signs in elsewhere. Begin again at its own sign-in address.',
  account_exists:
    'There is an account with your e-mail address, and this provider may not take it over. Log in with your password, or ask an operator to give your domain to this provider (domains).',
  sign_up_disabled:
    'You have no account here, and this provider makes none (allow_sign_up). Ask an operator for one.',
  account_disabled: 'Your account is disabled. Ask an operator.',
  groups_incomplete:
    'The identity provider does not tell all your groups. Ask an operator to narrow the groups it sends.',
};

/** A broken sign-in; beginning again is the way on. The cause is for the log. */
export function signInFailed(reason: SignInFault, startUrl?: string, cause?: unknown): DomainError {
  const advice = startUrl ? ` Begin again: ${startUrl}` : ' Begin again at the sign-in address.';
  return new DomainError('sso.sign_in_failed', SENTENCE_OF_FAULT[reason] + advice, {
    details: { reason, ...(startUrl && { start_url: startUrl }) },
    cause,
  });
}

export function signInRefused(reason: RefusalReason): DomainError {
  return new DomainError('sso.refused', SENTENCE_OF_REFUSAL[reason], { details: { reason } });
}

export function providerUnavailable(cause: unknown): DomainError {
  return new DomainError(
    'sso.provider_unavailable',
    'The identity provider cannot be reached. Try again in a moment; if it stays, tell an operator.',
    { cause, retryAfterS: 10 },
  );
}

/** What the provider answered does not hold: signature, nonce, audience, expiry, form. */
export function providerUntrusted(cause: unknown): DomainError {
  return new DomainError(
    'sso.provider_failed',
    'The answer of the identity provider is not valid. Begin the sign-in again; if it stays, tell an operator.',
    { cause },
  );
}

export function loginCodeInvalid(): DomainError {
  return new DomainError(
    'sso.code_invalid',
    'The login code is unknown, was used before, or is older than a minute. Sign in again.',
  );
}

export function returnNotAllowed(): DomainError {
  return DomainError.invalid(
    'return_to',
    'must be an address of this service, or of an origin in SSO_RETURN_ORIGINS',
  );
}
