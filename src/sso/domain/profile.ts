import type { IdentityProvider } from './identity-provider.js';
import { signInRefused } from './sso.errors.js';

/** Claims whose signature, issuer, audience and times were checked. */
export type Claims = Readonly<Record<string, unknown>>;

/** What an identity provider says of a person. */
export interface Profile {
  subject: string;
  /** Trimmed and in lower case; null when there is none, or none that could be one. */
  email: string | null;
  isEmailVerified: boolean;
  /** Null when the provider tells none. */
  name: string | null;
  /** Null when the provider was not asked, or its token says nothing of groups. */
  groups: readonly string[] | null;
}

export const SUBJECT_LENGTH_MAX = 255;
export const GROUP_LENGTH_MAX = 256;
export const GROUPS_MAX = 2_000;
const NAME_LENGTH_MAX = 100;
const EMAIL_LENGTH_MAX = 254;
const EMAIL_FORM = /^[^\s\p{Cc}@]{1,64}@[^\s\p{Cc}@.]+(\.[^\s\p{Cc}@.]+)+$/u;
const UNFIT_FOR_NAMES = /[\p{Cc}\p{Cs}\u2028\u2029]+/gu;

type ClaimNames = Pick<IdentityProvider, 'emailClaim' | 'nameClaim' | 'groupsClaim'>;

/**
 * Reads a person out of claims, each checked for form and length: they are somebody else's words.
 * @throws DomainError `sso.refused` when the provider says that it left groups out
 */
export function toProfile(subject: string, claims: Claims, names: ClaimNames): Profile {
  return {
    subject,
    email: toEmail(claims[names.emailClaim]),
    isEmailVerified: isVerified(claims, names.emailClaim),
    name: toName(claims[names.nameClaim]),
    groups: names.groupsClaim === null ? null : toGroups(claims, names.groupsClaim),
  };
}

/** Whether the provider has to be asked for more than is in the ID token. */
export function lacksClaims(claims: Claims, names: ClaimNames): boolean {
  return ['email_verified', names.emailClaim, names.nameClaim, names.groupsClaim].some(
    (name) => name !== null && claims[name] === undefined,
  );
}

/** `email_verified` speaks of the claim `email`, and of another one only where both are the same. */
function isVerified(claims: Claims, emailClaim: string): boolean {
  const isSaid = claims.email_verified === true || claims.email_verified === 'true';
  return (
    isSaid && (emailClaim === 'email' || toEmail(claims.email) === toEmail(claims[emailClaim]))
  );
}

/** What the ID token says comes first; the userinfo answer fills in. Of two addresses none is called verified. */
export function mergeClaims(idToken: Claims, userinfo: Claims): Claims {
  const merged = { ...userinfo, ...idToken };
  const isSameEmail = toEmail(idToken.email ?? userinfo.email) === toEmail(userinfo.email);
  return isSameEmail ? merged : { ...merged, email_verified: idToken.email_verified };
}

function toEmail(value: unknown): string | null {
  // Some letters turn into others in lower case (the Kelvin sign into k): another mailbox, the same account.
  if (typeof value !== 'string' || value !== value.normalize('NFKC')) return null;
  const email = value.trim().toLowerCase();
  return email.length <= EMAIL_LENGTH_MAX && EMAIL_FORM.test(email) ? email : null;
}

function toName(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const name = value.replace(UNFIT_FOR_NAMES, ' ').trim();
  return name === '' ? null : [...name].slice(0, NAME_LENGTH_MAX).join('').trim();
}

/** A list of texts, or one text. Too many, or `_claim_names` (Entra's "overage"), is not the same as none. */
function toGroups(claims: Claims, groupsClaim: string): string[] | null {
  const elsewhere = claims._claim_names;
  const isElsewhere =
    typeof elsewhere === 'object' && elsewhere !== null && groupsClaim in elsewhere;
  const value = claims[groupsClaim];
  if (isElsewhere || (Array.isArray(value) && value.length > GROUPS_MAX)) {
    throw signInRefused('groups_incomplete');
  }
  if (value === undefined) return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const groups = list.filter(
    (group): group is string =>
      typeof group === 'string' && group !== '' && group.length <= GROUP_LENGTH_MAX,
  );
  return [...new Set(groups)].filter((group) => !group.includes('\0'));
}
