/** An OpenID Connect issuer that people may sign in with. */
export interface IdentityProvider {
  id: string;
  /** Short name in addresses. Never changes: redirect addresses registered at the issuer hold it. */
  slug: string;
  name: string;
  /** As the issuer itself writes it in its tokens. */
  issuerUrl: string;
  clientId: string;
  /** Null for a public client, which PKCE alone protects. */
  clientSecretSealed: string | null;
  scopes: readonly string[];
  emailClaim: string;
  nameClaim: string;
  /** Null: groups are not looked at, and no mapping applies. */
  groupsClaim: string | null;
  /** E-mail domains, in lower case, whose people sign in here and nowhere else. */
  domains: readonly string[];
  /** Audiences under which access tokens of this issuer are accepted; none: no such token is. */
  audiences: readonly string[];
  /** Whether somebody unknown gets an account at the first sign-in. */
  allowSignUp: boolean;
  requireVerifiedEmail: boolean;
  /** Whether operators of a forced domain keep their password: the way in when the issuer is away. */
  allowOperatorPassword: boolean;
  isEnabled: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** What an operator writes of a provider. */
export type ProviderDraft = Omit<
  IdentityProvider,
  'id' | 'clientSecretSealed' | 'createdAt' | 'updatedAt'
> & {
  /** Undefined: as it is. Null: none. */
  clientSecret?: string | null;
};

export type ProviderChanges = Partial<Omit<ProviderDraft, 'slug'>>;

/** The table in which client secrets are sealed. */
export const PROVIDERS_TABLE = 'identity_providers';
/** More are refused; so all of them fit into one look. */
export const PROVIDERS_MAX = 500;
/** Letters beyond ASCII, and nothing at which a URL's host would end. */
const FOREIGN_DOMAIN_FORM = /^(?=.*\P{ASCII})[^/?#:\\]+$/u;

/** The part of an e-mail address that decides where it signs in, as domains are kept: `bücher.example` is `xn--…`. */
export function domainOf(email: string): string {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const url = `https://${domain}`;
  const isForeign = FOREIGN_DOMAIN_FORM.test(domain) && URL.canParse(url);
  return isForeign ? new URL(url).hostname : domain;
}

/** Whether two texts name the same issuer: `https://a` and `https://a/` do. */
export function isSameIssuer(left: string, right: string): boolean {
  if (left === right) return true;
  return URL.canParse(left) && URL.canParse(right) && new URL(left).href === new URL(right).href;
}
