import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import { isUniqueViolation } from '../../persistence/sql-error.js';
import { type IdentityProvider, PROVIDERS_MAX } from '../domain/identity-provider.js';
import { ProvidersRepository, type Taken } from '../domain/providers.repository.port.js';
import { type ProviderRow, SELECT_PROVIDERS, toProvider } from './provider-row.js';

const SAVE = `INSERT INTO identity_providers AS p
    (id, slug, name, issuer_url, client_id, client_secret_sealed, scopes, email_claim, name_claim, groups_claim,
     audiences, allow_sign_up, require_verified_email, allow_operator_password, is_enabled, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
  ON CONFLICT (id) DO UPDATE SET name = $3, issuer_url = $4, client_id = $5, client_secret_sealed = $6, scopes = $7,
    email_claim = $8, name_claim = $9, groups_claim = $10, audiences = $11, allow_sign_up = $12,
    require_verified_email = $13, allow_operator_password = $14, is_enabled = $15, updated_at = $17`;

const TAKE_MEMBERSHIPS = `DELETE FROM memberships m USING managed_memberships g, roles r
  WHERE g.membership_id = m.id AND g.provider_id = $1 AND NOT m.is_owner AND r.id = m.role_id
  RETURNING m.search_space_id, m.user_id AS id, r.name AS role`;

const TAKE_MAPPINGS = `DELETE FROM group_mappings g USING roles r
  WHERE g.provider_id = $1 AND r.id = g.role_id
  RETURNING g.search_space_id, g.id, r.name AS role`;

interface TakenRow {
  search_space_id: string;
  id: string;
  role: string;
}

export class TypeormProvidersRepository extends ProvidersRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async save(provider: IdentityProvider): Promise<void> {
    try {
      await this.manager.query(SAVE, toValues(provider));
      await this.assertRoom();
      await this.manager.query('DELETE FROM identity_provider_domains WHERE provider_id = $1', [
        provider.id,
      ]);
      await this.manager.query(
        'INSERT INTO identity_provider_domains (domain, provider_id) SELECT unnest($2::text[]), $1',
        [provider.id, provider.domains],
      );
    } catch (error) {
      throw toConflict(error);
    }
    await this.epoch.bump(this.manager);
  }

  async lock(id: string): Promise<IdentityProvider | null> {
    const [row] = await this.manager.query<ProviderRow[]>(
      `${SELECT_PROVIDERS} WHERE p.id = $1 FOR UPDATE OF p`,
      [id],
    );
    return row ? toProvider(row) : null;
  }

  async remove(id: string): Promise<Taken[]> {
    const members = await this.take('member', TAKE_MEMBERSHIPS, id);
    const mappings = await this.take('group_mapping', TAKE_MAPPINGS, id);
    await this.manager.query('DELETE FROM identity_providers WHERE id = $1', [id]);
    await this.epoch.bump(this.manager);
    return [...members, ...mappings];
  }

  private async take(kind: Taken['kind'], text: string, id: string): Promise<Taken[]> {
    const answer: unknown = await this.manager.query(text, [id]);
    // TypeORM answers a DELETE with [rows, count].
    const [rows] = answer as [TakenRow[], number];
    return rows.map((row) => ({
      kind,
      searchSpaceId: row.search_space_id,
      id: row.id,
      role: row.role,
    }));
  }

  private async assertRoom(): Promise<void> {
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM identity_providers',
    );
    if ((row?.count ?? 0) <= PROVIDERS_MAX) return;
    throw new DomainError(
      'request.conflict',
      `There are ${PROVIDERS_MAX} identity providers already. Delete one first.`,
    );
  }
}

function toValues(provider: IdentityProvider): unknown[] {
  return [
    provider.id,
    provider.slug,
    provider.name,
    provider.issuerUrl,
    provider.clientId,
    provider.clientSecretSealed,
    provider.scopes,
    provider.emailClaim,
    provider.nameClaim,
    provider.groupsClaim,
    provider.audiences,
    provider.allowSignUp,
    provider.requireVerifiedEmail,
    provider.allowOperatorPassword,
    provider.isEnabled,
    provider.createdAt,
    provider.updatedAt,
  ];
}

function toConflict(error: unknown): unknown {
  if (isUniqueViolation(error, 'identity_providers_slug_key')) {
    return new DomainError('request.conflict', 'slug: there is a provider with this slug', {
      fields: [{ field: 'slug', message: 'is in use' }],
    });
  }
  if (isUniqueViolation(error, 'identity_provider_domains_pkey')) {
    return new DomainError('request.conflict', 'domains: one of them signs in elsewhere already', {
      fields: [{ field: 'domains', message: 'are in use by another provider' }],
    });
  }
  return error;
}
