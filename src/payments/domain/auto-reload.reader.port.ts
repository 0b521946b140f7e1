import type { AutoReloadRule } from './auto-reload.js';

/** Rules, outside any transaction. */
export abstract class AutoReloadReader {
  abstract findOfSpace(searchSpaceId: string): Promise<AutoReloadRule | null>;
}
