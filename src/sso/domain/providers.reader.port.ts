import type { PageRequest } from '../../common/page.js';
import type { IdentityProvider } from './identity-provider.js';

/** Questions about identity providers, outside any transaction. */
export abstract class ProvidersReader {
  /** All of them by slug, at most `PROVIDERS_MAX`. */
  abstract listAll(): Promise<IdentityProvider[]>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(page: PageRequest): Promise<IdentityProvider[]>;

  abstract findById(id: string): Promise<IdentityProvider | null>;
}
