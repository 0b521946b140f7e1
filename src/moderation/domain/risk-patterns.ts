import { INSTRUCTION_PATTERNS } from './instruction-patterns.js';
import { JAILBREAK_PATTERNS } from './jailbreak-patterns.js';
import type { RiskPattern } from './risk-pattern.js';
import { TECHNICAL_PATTERNS } from './technical-patterns.js';

/** Everything the embedded scorer knows. */
export const RISK_PATTERNS: readonly RiskPattern[] = [
  ...INSTRUCTION_PATTERNS,
  ...JAILBREAK_PATTERNS,
  ...TECHNICAL_PATTERNS,
];
