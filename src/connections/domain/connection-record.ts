export const CONNECTION_SCOPES = ['global', 'space', 'user'] as const;
/** Whose it is: the house's, a space's or a user's own. The latter two are nobody's bill here. */
export type ConnectionScope = (typeof CONNECTION_SCOPES)[number];

export const CONNECTIONS_TABLE = 'connections';
/** Each of these bounds what a process holds in memory. */
export const CONNECTIONS_MAX: Readonly<Record<ConnectionScope, number>> = {
  global: 200,
  space: 50,
  user: 20,
};
export const MODELS_PER_CONNECTION_MAX = 2_000;
export const MIDDLING = 50;

export const KEY_HEADERS = ['authorization', 'api-key'] as const;
export type KeyHeader = (typeof KEY_HEADERS)[number];

/** What a vendor is told beside the key. Holds no secrets: it is shown. */
export interface ConnectionExtra {
  keyHeader?: KeyHeader;
  organization?: string;
  project?: string;
  query?: Readonly<Record<string, string>>;
}

/** What may be changed without the secret going anywhere else. */
export interface ConnectionTerms {
  isEnabled: boolean;
  /** 0 to 100: higher is preferred. */
  priority: number;
  /** Calls at once at which it counts as fully loaded; ≥ 1. */
  loadFactor: number;
  /** Most calls at once, over all processes; null = as many as come. */
  slotsMax: number | null;
  isPool: boolean;
  /** Null = for ever. */
  expiresAt: Date | null;
  /** Whether it serves every model that the catalogue has of its provider. */
  servesCatalog: boolean;
}

/** A connection as it is kept, or as the settings make it. */
export interface ConnectionRecord extends ConnectionTerms {
  /** A UUID, or `env:openai`. */
  id: string;
  provider: string;
  name: string;
  /** Without a slash at the end; null = the vendor's own address. */
  baseUrl: string | null;
  /** Null = the server asks for none, or the settings have it. */
  apiKeySealed: string | null;
  /** Of one of the settings: whether these have a key. */
  hasSettingsKey?: boolean;
  /** The last four of the key; null where they would tell nothing, or too much. */
  apiKeyHint: string | null;
  extra: ConnectionExtra;
  scope: ConnectionScope;
  searchSpaceId: string | null;
  userId: string | null;
  createdBy: string | null;
  /** Null = the settings make it, and nothing was set on top. */
  createdAt: Date | null;
  updatedAt: Date | null;
}

export const MODEL_KINDS = ['image', 'chat', 'embedding'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** catalog: how a model of the catalogue is served here; discovered: the vendor named it; manual: somebody did. */
export const MODEL_SOURCES = ['catalog', 'discovered', 'manual'] as const;
export type ModelSource = (typeof MODEL_SOURCES)[number];

/** A model of one connection as it is kept. */
export interface ModelRecord {
  id: string;
  connectionId: string;
  /** By which callers ask for it. */
  name: string;
  kind: ModelKind;
  /** What the vendor calls it; null = `name`. */
  vendorModel: string | null;
  /** The model of the catalogue that it behaves like; null = the one of its name, or the plain one of its kind. */
  baseModel: string | null;
  /** Fields of its kind's capabilities, named as in the catalogue. */
  capabilities: Readonly<Record<string, unknown>>;
  title: string | null;
  /** 0 to 100, for `model: "auto"`. */
  quality: number;
  isEnabled: boolean;
  source: ModelSource;
  createdAt: Date;
  updatedAt: Date;
}

/** What is needed to call with it: disabled models only where they take one of the catalogue away. */
export interface KeptConnection {
  record: ConnectionRecord;
  models: readonly ModelRecord[];
}

export const ENVIRONMENT_ID = /^env:/;

export function isOfSettings({ id }: Pick<ConnectionRecord, 'id'>): boolean {
  return ENVIRONMENT_ID.test(id);
}
