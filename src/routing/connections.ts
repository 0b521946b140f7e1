import type { AppConfig } from '../config/app-config.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';

/** One credential at one vendor. Seeded from the settings, and the same in every process. */
export interface Connection {
  /** Stable name, stored with generations: `env:openai`. */
  id: string;
  provider: string;
  credential: ProviderCredential;
}

/** The connections that the settings make. The embedded vendor is always there and needs no credential. */
export function listConfiguredConnections({ vendors }: AppConfig): Connection[] {
  const embedded: Connection = {
    id: 'env:embedded',
    provider: 'embedded',
    credential: { baseUrl: null, apiKey: null },
  };
  if (!vendors.openai) return [embedded];
  const { baseUrl, apiKey } = vendors.openai;
  return [embedded, { id: 'env:openai', provider: 'openai', credential: { baseUrl, apiKey } }];
}
