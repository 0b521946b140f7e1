import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { PublicUrl } from '../http/public-url.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { domainOf, type IdentityProvider, isSameIssuer } from './domain/identity-provider.js';
import { ProvidersReader } from './domain/providers.reader.port.js';

const EVERYTHING = 'all';

/** The identity providers that are in use, as every login and foreign token asks for them. */
@Injectable()
export class KnownProviders {
  private readonly cache: EpochCache<readonly IdentityProvider[]>;

  constructor(
    private readonly reader: ProvidersReader,
    private readonly publicUrl: PublicUrl,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: 1 });
  }

  /** By slug. */
  async listEnabled(): Promise<readonly IdentityProvider[]> {
    return this.cache.get(EVERYTHING, async () =>
      (await this.reader.listAll()).filter(({ isEnabled }) => isEnabled),
    );
  }

  /** @throws DomainError `request.not_found` */
  async getBySlug(slug: string): Promise<IdentityProvider> {
    const provider = (await this.listEnabled()).find((one) => one.slug === slug);
    if (!provider) throw DomainError.notFound('identity provider');
    return provider;
  }

  /** The provider that the domain of this e-mail address must use; null when it may use any way. */
  async findForced(email: string): Promise<IdentityProvider | null> {
    const find = await this.loadForced();
    return find(email);
  }

  /** The same question, to be asked inside a transaction. */
  async loadForced(): Promise<(email: string) => IdentityProvider | null> {
    const enabled = await this.listEnabled();
    return (email) => {
      const domain = domainOf(email);
      return enabled.find(({ domains }) => domains.includes(domain)) ?? null;
    };
  }

  /** Those that accept access tokens of this issuer. */
  async listTokenIssuers(issuer: string): Promise<readonly IdentityProvider[]> {
    return (await this.listEnabled()).filter(
      ({ issuerUrl, audiences }) => audiences.length > 0 && isSameIssuer(issuerUrl, issuer),
    );
  }

  /** The address that begins a sign-in. */
  toStartUrl({ slug }: Pick<IdentityProvider, 'slug'>): string {
    return this.publicUrl.to(`/api/v1/auth/oidc/${slug}/start`);
  }

  /** The address to be registered at the issuer. From PUBLIC_URL, never from what a request says. */
  toCallbackUrl({ slug }: Pick<IdentityProvider, 'slug'>): string {
    return new URL(this.publicUrl.to(`/api/v1/auth/oidc/${slug}/callback`)).href;
  }
}
