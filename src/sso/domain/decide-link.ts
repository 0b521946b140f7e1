import { domainOf, type IdentityProvider } from './identity-provider.js';
import type { Profile } from './profile.js';
import type { RefusalReason } from './sso.errors.js';

/** What becomes of somebody whom the provider vouches for and whom we have not seen with it before. */
export type LinkDecision =
  | { kind: 'link'; email: string }
  | { kind: 'create'; email: string }
  | { kind: 'refuse'; reason: RefusalReason };

export interface LinkQuestion {
  provider: Pick<IdentityProvider, 'id' | 'domains' | 'requireVerifiedEmail' | 'allowSignUp'>;
  profile: Pick<Profile, 'email' | 'isEmailVerified'>;
  /** The enabled provider that this e-mail's domain is forced to; null for none. */
  forcedProviderId: string | null;
  /** Whether a local account has this e-mail address. */
  hasAccount: boolean;
}

/**
 * An e-mail address is no proof of who somebody is: it gives an account only where the operator has said that
 * the provider speaks for the whole domain, and the provider says that it has verified the address.
 */
export function decideLink({
  provider,
  profile,
  forcedProviderId,
  hasAccount,
}: LinkQuestion): LinkDecision {
  const { email, isEmailVerified } = profile;
  if (email === null) return refuse('email_missing');
  if (provider.requireVerifiedEmail && !isEmailVerified) return refuse('email_unverified');
  if (forcedProviderId !== null && forcedProviderId !== provider.id) {
    return refuse('email_of_other_provider');
  }
  if (!hasAccount) {
    return provider.allowSignUp ? { kind: 'create', email } : refuse('sign_up_disabled');
  }
  if (!provider.domains.includes(domainOf(email))) return refuse('account_exists');
  return isEmailVerified ? { kind: 'link', email } : refuse('email_unverified');
}

function refuse(reason: RefusalReason): LinkDecision {
  return { kind: 'refuse', reason };
}
