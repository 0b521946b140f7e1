import type { ModelKind } from './connection-record.js';

/** What a space chose about models. */
export interface ModelPreference extends Readonly<Record<ModelKind, string | null>> {
  /** Whether what one vendor refuses to show may be asked of another. */
  readonly failsOverRefusals: boolean;
  /** How long answers of chat and embedding models are kept for those who ask for it; null = not at all. */
  readonly responseCacheTtlS: number | null;
}

/** As it is kept. */
export interface KeptPreference extends ModelPreference {
  /** Another one after every change of `responseCacheTtlS`. */
  readonly responseCacheEdition: number;
}

/** By kind a public name, `auto`, or null = the house's default. */
export const NO_PREFERENCE: KeptPreference = {
  image: null,
  chat: null,
  embedding: null,
  failsOverRefusals: false,
  responseCacheTtlS: null,
  responseCacheEdition: 0,
};
export const RESPONSE_CACHE_TTL_S_MAX = 86_400;
export const AUTO = 'auto';
