import type { IdentityProvider } from '../domain/identity-provider.js';

export interface ProviderRow {
  id: string;
  slug: string;
  name: string;
  issuer_url: string;
  client_id: string;
  client_secret_sealed: string | null;
  scopes: string[];
  email_claim: string;
  name_claim: string;
  groups_claim: string | null;
  domains: string[];
  audiences: string[];
  allow_sign_up: boolean;
  require_verified_email: boolean;
  allow_operator_password: boolean;
  is_enabled: boolean;
  created_at: Date;
  updated_at: Date;
}

/** Every question about providers begins so. */
export const SELECT_PROVIDERS = `SELECT p.id, p.slug, p.name, p.issuer_url, p.client_id, p.client_secret_sealed,
    p.scopes, p.email_claim, p.name_claim, p.groups_claim, p.audiences, p.allow_sign_up,
    p.require_verified_email, p.allow_operator_password, p.is_enabled, p.created_at, p.updated_at,
    ARRAY(SELECT d.domain FROM identity_provider_domains d WHERE d.provider_id = p.id ORDER BY d.domain) AS domains
  FROM identity_providers p`;

export function toProvider(row: ProviderRow): IdentityProvider {
  return Object.freeze({
    id: row.id,
    slug: row.slug,
    name: row.name,
    issuerUrl: row.issuer_url,
    clientId: row.client_id,
    clientSecretSealed: row.client_secret_sealed,
    scopes: row.scopes,
    emailClaim: row.email_claim,
    nameClaim: row.name_claim,
    groupsClaim: row.groups_claim,
    domains: row.domains,
    audiences: row.audiences,
    allowSignUp: row.allow_sign_up,
    requireVerifiedEmail: row.require_verified_email,
    allowOperatorPassword: row.allow_operator_password,
    isEnabled: row.is_enabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });
}
