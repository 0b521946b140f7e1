import type { ErrorRule } from './error-rule.js';

/** All rules, as they stood at one moment. */
export interface ErrorRulesData {
  /** Grows with every change. */
  revision: number;
  /** By id. */
  rules: readonly ErrorRule[];
}

export abstract class ErrorRulesReader {
  /** Null = nothing changed since this revision. */
  abstract read(knownRevision: number | null): Promise<ErrorRulesData | null>;
}
