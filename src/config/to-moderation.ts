import type { ModerationConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';

const THRESHOLD_FORM = /^(?:off|[1-9]\d?|100)$/;

export function checkModeration(values: SettingValues, faults: string[]): void {
  for (const name of ['PROMPT_RISK_BLOCK', 'PROMPT_RISK_WARN'] as const) {
    const text = String(values[name]);
    if (THRESHOLD_FORM.test(text)) continue;
    faults.push(`${name} must be a whole number of percent from 1 to 100, or off, not "${text}"`);
  }
  const { blockPercent, warnPercent } = toModeration(values);
  if (blockPercent !== null && warnPercent !== null && warnPercent > blockPercent) {
    faults.push('PROMPT_RISK_WARN must not be above PROMPT_RISK_BLOCK: it would never be reached');
  }
}

export function toModeration(values: SettingValues): ModerationConfig {
  return {
    blockPercent: toPercent(values.PROMPT_RISK_BLOCK),
    warnPercent: toPercent(values.PROMPT_RISK_WARN),
  };
}

function toPercent(value: unknown): number | null {
  return value === 'off' ? null : Number(value);
}
