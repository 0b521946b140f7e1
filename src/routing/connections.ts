import type { AppConfig } from '../config/app-config.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';

/** One credential at one vendor. Seeded from the settings, and the same in every process. */
export interface Connection {
  /** Stable name, stored with generations: `env:openai`. */
  id: string;
  provider: string;
  /** Whose it is: the house's, a space's or a user's own. */
  scope: 'global' | 'space' | 'user';
  credential: ProviderCredential;
}

/** The connections that the settings make. The embedded vendor is always there and needs no credential. */
export function listConfiguredConnections({ vendors }: AppConfig): Connection[] {
  const embedded: Connection = {
    id: 'env:embedded',
    provider: 'embedded',
    scope: 'global',
    credential: { baseUrl: null, apiKey: null },
  };
  if (!vendors.openai) return [embedded];
  const { baseUrl, apiKey } = vendors.openai;
  const openai: Connection = {
    id: 'env:openai',
    provider: 'openai',
    scope: 'global',
    credential: { baseUrl, apiKey },
  };
  return [embedded, openai];
}
