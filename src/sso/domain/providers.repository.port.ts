import type { IdentityProvider } from './identity-provider.js';

/** What the end of a provider took from a space: a membership that a mapping had made, or a mapping. */
export interface Taken {
  kind: 'member' | 'group_mapping';
  searchSpaceId: string;
  /** The user's, or the mapping's. */
  id: string;
  /** Name of the role that was held or given. */
  role: string;
}

/** Changes to identity providers, inside a unit of work. Each makes every process forget what it knew of them. */
export abstract class ProvidersRepository {
  /**
   * Writes the provider, new or not, with its domains.
   * @throws DomainError `request.conflict` naming slug or domains, `request.invalid` for more than `PROVIDERS_MAX`
   */
  abstract save(provider: IdentityProvider): Promise<void>;

  /** Keeps it from changing until the transaction ends; null when there is none. */
  abstract lock(id: string): Promise<IdentityProvider | null>;

  /** With everybody's link to it, its mappings and the memberships those made; answers what the spaces lost. */
  abstract remove(id: string): Promise<Taken[]>;
}
