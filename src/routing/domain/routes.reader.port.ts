import type { Route } from './route.js';

/** All routes, as they stood at one moment. */
export interface RoutesData {
  /** Grows with every change. */
  revision: number;
  routes: readonly Route[];
}

export abstract class RoutesReader {
  /** Null = nothing changed since this revision. */
  abstract read(knownRevision: number | null): Promise<RoutesData | null>;
}
