/** Proves which thresholds of risk can be set, and what is told of those that cannot. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './load-config.js';

const SECRETS = {
  JWT_SECRET: 'x'.repeat(32),
  LINK_SECRET: 'x'.repeat(32),
  ENCRYPTION_SECRET: 'x'.repeat(32),
};

function toThresholds(block?: string, warn?: string) {
  const settings = { ...SECRETS, PROMPT_RISK_BLOCK: block, PROMPT_RISK_WARN: warn };
  return loadConfig(settings).moderation;
}

describe('the thresholds of risk', () => {
  it('are 80 and 60 percent, and can be set or switched off each', () => {
    expect(toThresholds()).toEqual({ blockPercent: 80, warnPercent: 60 });
    expect(toThresholds('100', '1')).toEqual({ blockPercent: 100, warnPercent: 1 });
    expect(toThresholds('off', '90')).toEqual({ blockPercent: null, warnPercent: 90 });
    expect(toThresholds('50', 'off')).toEqual({ blockPercent: 50, warnPercent: null });
  });

  it.each(['0', '101', '0.8', '80%', '-1', 'none', '08'])('are no %s', (text) => {
    expect(() => toThresholds(text)).toThrow(ConfigError);
    expect(() => toThresholds(text)).toThrow(
      `PROMPT_RISK_BLOCK must be a whole number of percent from 1 to 100, or off, not "${text}"`,
    );
  });

  it('are no warning above the refusal, which would never be reached', () => {
    expect(() => toThresholds('50', '60')).toThrow(/PROMPT_RISK_WARN must not be above/);
    expect(toThresholds('60', '60')).toEqual({ blockPercent: 60, warnPercent: 60 });
  });
});
