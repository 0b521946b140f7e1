import type { VendorsConfig } from './app-config.js';
import type { SettingValues } from './read-settings.js';
import type { VENDOR_SETTINGS } from './vendor.settings.js';

type VendorSetting = (typeof VENDOR_SETTINGS)[number]['name'];

/** Vendors that need a key, and what their settings are called. */
const VENDORS = {
  openai: { prefix: 'OPENAI', baseUrl: 'https://api.openai.com/v1' },
  gemini: { prefix: 'GOOGLE', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' },
  stability: { prefix: 'STABILITY', baseUrl: 'https://api.stability.ai' },
  bfl: { prefix: 'BFL', baseUrl: 'https://api.bfl.ai' },
  replicate: { prefix: 'REPLICATE', baseUrl: 'https://api.replicate.com/v1' },
} as const;

/** What the chosen vendor needs beside it. */
export function checkVendors(values: SettingValues, faults: string[]): void {
  if (values.AI_PROVIDER === 'sora') {
    faults.push('AI_PROVIDER=sora cannot be served: the vendor shut it down on 2026-09-24');
  }
  for (const [vendor, { prefix }] of Object.entries(VENDORS)) {
    const name: VendorSetting = `${prefix}_API_KEY`;
    if (values.AI_PROVIDER === vendor && !values[name]) {
      faults.push(`AI_PROVIDER=${vendor} needs ${name}`);
    }
  }
}

export function toVendors(values: SettingValues): VendorsConfig {
  return {
    defaultProvider: values.AI_PROVIDER as string,
    openai: toVendor(values, 'openai'),
    gemini: toVendor(values, 'gemini'),
    stability: toVendor(values, 'stability'),
    bfl: toVendor(values, 'bfl'),
    replicate: toVendor(values, 'replicate'),
  };
}

function toVendor(values: SettingValues, vendor: keyof typeof VENDORS) {
  const { prefix, baseUrl } = VENDORS[vendor];
  const apiKey = values[`${prefix}_API_KEY`] as string | null;
  if (!apiKey) return null;
  return { apiKey, baseUrl: (values[`${prefix}_BASE_URL`] as string | null) ?? baseUrl };
}
