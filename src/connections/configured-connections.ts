import {
  type AppConfig,
  VENDOR_NAMES,
  type VendorConfig,
  type VendorName,
} from '../config/app-config.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';
import {
  type ConnectionRecord,
  isOfSettings,
  type KeptConnection,
  MIDDLING,
} from './domain/connection-record.js';
import { toKeyHint } from './domain/key-hint.js';

/** A connection that the settings make: the same in every process, its credential never stored. */
export interface ConfiguredConnection {
  /** `env:openai` */
  id: string;
  provider: string;
  credential: ProviderCredential;
}

/** The connections that the settings make. The embedded vendor is always there and needs no credential. */
export function listConfiguredConnections({ vendors }: AppConfig): ConfiguredConnection[] {
  const embedded = {
    id: 'env:embedded',
    provider: 'embedded',
    credential: { baseUrl: null, apiKey: null, isHouse: true },
  };
  const others = VENDOR_NAMES.map((provider) => toConnection(provider, vendors.accounts[provider]));
  return [embedded, ...others.filter((connection) => connection !== null)];
}

/** The house's: those of the settings, with what operators set on top, and the operators' own. */
export function withConfigured(
  configured: readonly ConfiguredConnection[],
  kept: readonly KeptConnection[],
): KeptConnection[] {
  const rows = new Map(kept.map((one) => [one.record.id, one]));
  return [
    ...configured.map((one) => {
      const row = rows.get(one.id);
      return { record: toRecord(one, row?.record ?? null), models: row?.models ?? [] };
    }),
    // A row whose setting is gone waits for it to come back.
    ...kept.filter(({ record }) => !isOfSettings(record)),
  ];
}

/** As it stands before an operator sets anything on top, or with what one set. */
export function toRecord(
  { id, provider, credential }: ConfiguredConnection,
  row: ConnectionRecord | null,
): ConnectionRecord {
  const { apiKey, baseUrl } = credential;
  return {
    name: provider,
    isEnabled: true,
    priority: MIDDLING,
    loadFactor: 1,
    slotsMax: null,
    isPool: false,
    expiresAt: null,
    servesCatalog: true,
    createdBy: null,
    createdAt: null,
    updatedAt: null,
    ...row,
    id,
    provider,
    baseUrl,
    apiKeySealed: null,
    hasSettingsKey: apiKey !== null,
    apiKeyHint: apiKey === null ? null : toKeyHint(apiKey),
    extra: {},
    scope: 'global',
    searchSpaceId: null,
    userId: null,
  };
}

function toConnection(
  provider: VendorName,
  account: VendorConfig | null,
): ConfiguredConnection | null {
  return account && { id: `env:${provider}`, provider, credential: { ...account, isHouse: true } };
}
