import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditState } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { SecretBox } from '../secrets/secret-box.js';
import { assertProvider } from './domain/assert-provider.js';
import {
  type IdentityProvider,
  type ProviderChanges,
  type ProviderDraft,
  PROVIDERS_TABLE,
} from './domain/identity-provider.js';
import { ProvidersReader } from './domain/providers.reader.port.js';
import { ProvidersRepository, type Taken } from './domain/providers.repository.port.js';

/** Names that addresses beside the providers' have. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  'providers',
  'public',
  'complete',
  'exchange',
]);

/** The identity providers, as operators set them up. */
@Injectable()
export class ProvidersService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: ProvidersReader,
    private readonly box: SecretBox,
    private readonly guard: OutboundGuard,
    private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit` when there are more. */
  list(page: PageRequest): Promise<IdentityProvider[]> {
    return this.reader.list(page);
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<IdentityProvider> {
    const provider = isId(id) ? await this.reader.findById(id) : null;
    if (!provider) throw providerNotFound();
    return provider;
  }

  /** @throws DomainError `request.invalid` naming the field, `request.conflict` for a slug or domain in use */
  async create({ clientSecret, ...draft }: ProviderDraft): Promise<IdentityProvider> {
    assertProvider(draft);
    this.assertReachable(draft.issuerUrl);
    if (RESERVED_SLUGS.has(draft.slug)) throw DomainError.invalid('slug', 'is reserved');
    const id = newId();
    const now = this.clock.now();
    const provider = {
      ...draft,
      id,
      clientSecretSealed: this.seal(id, clientSecret ?? null),
      createdAt: now,
      updatedAt: now,
    };
    await this.unitOfWork.run(async (scope) => {
      await record(scope, 'identity_provider.created', id, null, toState(provider));
      await scope.get(ProvidersRepository).save(provider);
    });
    return this.get(id);
  }

  /** @throws DomainError as `create`; a secret is never sent to another issuer than it was given for */
  async update(id: string, changes: ProviderChanges): Promise<IdentityProvider> {
    if (!isId(id)) throw providerNotFound();
    await this.unitOfWork.run(async (scope) => {
      const before = await scope.get(ProvidersRepository).lock(id);
      if (!before) throw providerNotFound();
      const after = this.apply(before, changes);
      assertProvider(after);
      this.assertReachable(after.issuerUrl);
      const isNewSecret = changes.clientSecret !== undefined;
      await record(scope, 'identity_provider.updated', id, toState(before), {
        ...toState(after),
        ...(isNewSecret && { is_client_secret_replaced: true }),
      });
      await scope.get(ProvidersRepository).save(after);
    });
    return this.get(id);
  }

  /** People keep their accounts; links, mappings and the memberships that mappings made are gone. */
  async remove(id: string): Promise<void> {
    if (!isId(id)) throw providerNotFound();
    await this.unitOfWork.run(async (scope) => {
      const before = await scope.get(ProvidersRepository).lock(id);
      if (!before) throw providerNotFound();
      const taken = await scope.get(ProvidersRepository).remove(id);
      const members = taken.filter(({ kind }) => kind === 'member');
      const after = { managed_memberships_removed: members.length };
      await record(scope, 'identity_provider.deleted', id, toState(before), after);
      await scope.get(AuditTrail).record(...taken.map((one) => toTakenEntry(before.slug, one)));
    });
  }

  /** Said at once rather than at the first sign-in. Where a name leads is seen when it is asked. */
  private assertReachable(issuerUrl: string): void {
    const url = new URL(issuerUrl);
    if (this.guard.isListed(url)) return;
    if (url.protocol !== 'https:') {
      throw DomainError.invalid('issuer_url', 'must be https, or its host be in OUTBOUND_ALLOW');
    }
    try {
      this.guard.assertUrl(issuerUrl);
    } catch (error) {
      const reason = error instanceof DomainError ? error.message : 'is not permitted';
      throw DomainError.invalid('issuer_url', `cannot be reached: ${reason}`);
    }
  }

  private apply(
    before: IdentityProvider,
    { clientSecret, ...changes }: ProviderChanges,
  ): IdentityProvider {
    const given = Object.fromEntries(
      Object.entries(changes).filter(([, value]) => value !== undefined),
    );
    const after: IdentityProvider = { ...before, ...given, updatedAt: this.toNext(before) };
    const isMoved = after.issuerUrl !== before.issuerUrl;
    if (isMoved && before.clientSecretSealed !== null && clientSecret === undefined) {
      throw DomainError.invalid(
        'client_secret',
        'must be given again when issuer_url changes: it would be sent to somebody else',
      );
    }
    if (clientSecret === undefined) return after;
    return { ...after, clientSecretSealed: this.seal(before.id, clientSecret) };
  }

  /** Always later than before: what was learnt of the issuer is kept by this time. */
  private toNext({ updatedAt }: IdentityProvider): Date {
    return new Date(Math.max(this.clock.now().getTime(), updatedAt.getTime() + 1));
  }

  private seal(id: string, secret: string | null): string | null {
    return secret === null ? null : this.box.seal(secret, { table: PROVIDERS_TABLE, id });
  }
}

function record(
  scope: WorkScope,
  action: string,
  id: string,
  before: AuditState | null,
  after: AuditState | null,
): Promise<void> {
  const target = { type: 'identity_provider', id };
  return scope.get(AuditTrail).record({ action, target, searchSpaceId: null, before, after });
}

/** In the trail of the space that lost it. */
function toTakenEntry(slug: string, { kind, searchSpaceId, id, role }: Taken): AuditEntry {
  return {
    action: kind === 'member' ? 'member.removed' : 'group_mapping.deleted',
    target: { type: kind, id },
    searchSpaceId,
    before: { role },
    after: { reason: `identity_provider_deleted:${slug}` },
  };
}

function toState(provider: IdentityProvider): AuditState {
  return {
    slug: provider.slug,
    name: provider.name,
    issuer_url: provider.issuerUrl,
    client_id: provider.clientId,
    has_client_secret: provider.clientSecretSealed !== null,
    scopes: provider.scopes,
    email_claim: provider.emailClaim,
    name_claim: provider.nameClaim,
    groups_claim: provider.groupsClaim,
    domains: provider.domains,
    audiences: provider.audiences,
    allow_sign_up: provider.allowSignUp,
    require_verified_email: provider.requireVerifiedEmail,
    allow_operator_password: provider.allowOperatorPassword,
    is_enabled: provider.isEnabled,
  };
}

function providerNotFound(): DomainError {
  return DomainError.notFound('identity provider');
}
