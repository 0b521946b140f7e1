import type { ModelKind } from './connection-record.js';

/** What a space chose about models. */
export interface ModelPreference extends Readonly<Record<ModelKind, string | null>> {
  /** Whether what one vendor refuses to show may be asked of another. */
  readonly failsOverRefusals: boolean;
}

/** By kind a public name, `auto`, or null = the house's default. */
export const NO_PREFERENCE: ModelPreference = {
  image: null,
  chat: null,
  embedding: null,
  failsOverRefusals: false,
};
export const AUTO = 'auto';
