import type { IdentityProvider } from './identity-provider.js';

/** Changes to identity providers, inside a unit of work. Each makes every process forget what it knew of them. */
export abstract class ProvidersRepository {
  /**
   * Writes the provider, new or not, with its domains.
   * @throws DomainError `request.conflict` naming slug or domains, `request.invalid` for more than `PROVIDERS_MAX`
   */
  abstract save(provider: IdentityProvider): Promise<void>;

  /** Keeps it from changing until the transaction ends; null when there is none. */
  abstract lock(id: string): Promise<IdentityProvider | null>;

  /** With everybody's link to it, its mappings and the memberships those made; answers how many memberships. */
  abstract remove(id: string): Promise<number>;
}
