import type { ModelKind } from './route-plan.js';

export type PreferenceKind = ModelKind;

/** Which model a space chose for requests that name none. Answered from memory. Port and injection token. */
export abstract class SpacePreferences {
  /** A public name, or `auto`; null = it chose none. */
  abstract find(searchSpaceId: string, kind: ModelKind): Promise<string | null>;
}
