import type { ProviderCredential } from '../providers/spec/image-call.js';
import type { ChatModel, EmbeddingModel } from '../providers/spec/chat-model.js';
import type { ImageModel } from '../providers/spec/image-model.js';
import type { ConnectionScope } from './domain/connection-record.js';

export { CONNECTION_SCOPES, type ConnectionScope } from './domain/connection-record.js';

/** A model as one connection serves it. */
export interface ServedModel<M = ImageModel | ChatModel | EmbeddingModel> {
  /** `id` is the name callers ask for and are charged by; `provider` is the connection's. */
  model: M;
  /** What the vendor calls it where that differs, as an Azure deployment; null = `model.id`. */
  vendorModel: string | null;
  /** The model of the catalogue in whose form its provider speaks to it; null or absent = the one of its name, if any. */
  baseModel?: string | null;
  /** 0 to 100, for `model: "auto"`: higher is chosen first. */
  quality: number;
}

/** One credential at one vendor, as it may be called with. Never to be logged or shown. */
export interface Connection {
  /** Stored with generations and usage: `env:openai`, or a UUID. */
  id: string;
  provider: string;
  name: string;
  scope: ConnectionScope;
  /** Of a space's own; else null. */
  searchSpaceId: string | null;
  /** Of a user's own; else null. */
  userId: string | null;
  isEnabled: boolean;
  /** 0 to 100: higher is preferred. */
  priority: number;
  /** Calls at once at which it counts as fully loaded; ≥ 1. */
  loadFactor: number;
  /** Most calls at once, over all processes; null = as many as come. */
  slotsMax: number | null;
  /** One of several alike, so that a refusal of its credential or rate is tried again with it. */
  isPool: boolean;
  /** Not used from then on; null = for ever. */
  expiresAt: Date | null;
  /** By public name: what is enabled on it, of the catalogue and of its own. */
  models: ReadonlyMap<string, ServedModel>;
  credential: ProviderCredential;
}
