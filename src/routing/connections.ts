import type { AppConfig, VendorConfig } from '../config/app-config.js';
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

/** Vendors that are there once a key for them is set. */
const WITH_KEYS = ['openai', 'gemini', 'stability', 'bfl', 'replicate'] as const;

/** The connections that the settings make. The embedded vendor is always there and needs no credential. */
export function listConfiguredConnections({ vendors }: AppConfig): Connection[] {
  const embedded: Connection = {
    id: 'env:embedded',
    provider: 'embedded',
    scope: 'global',
    credential: { baseUrl: null, apiKey: null },
  };
  const others = WITH_KEYS.map((provider) => toConnection(provider, vendors[provider]));
  return [embedded, ...others.filter((connection) => connection !== null)];
}

function toConnection(
  provider: (typeof WITH_KEYS)[number],
  credential: VendorConfig | null,
): Connection | null {
  if (!credential) return null;
  const { baseUrl, apiKey } = credential;
  return { id: `env:${provider}`, provider, scope: 'global', credential: { baseUrl, apiKey } };
}
