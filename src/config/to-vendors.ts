import {
  VENDOR_NAMES,
  type VendorConfig,
  type VendorName,
  type VendorsConfig,
} from './app-config.js';
import type { SettingValues } from './read-settings.js';
import type { VENDOR_SETTINGS } from './vendor.settings.js';

type VendorSetting = (typeof VENDOR_SETTINGS)[number]['name'];

interface VendorRule {
  /** What makes the vendor available. */
  needs: VendorSetting;
  key: VendorSetting;
  address: VendorSetting;
  /** Null = it is wherever the operator runs it. */
  baseUrl: string | null;
}

/** What each vendor's settings are called. */
const VENDORS: Readonly<Record<VendorName, VendorRule>> = {
  openai: withKey('OPENAI', 'https://api.openai.com/v1'),
  gemini: withKey('GOOGLE', 'https://generativelanguage.googleapis.com/v1beta'),
  vertex: {
    needs: 'VERTEX_SERVICE_ACCOUNT',
    key: 'VERTEX_SERVICE_ACCOUNT',
    address: 'VERTEX_BASE_URL',
    baseUrl: 'https://us-central1-aiplatform.googleapis.com/v1',
  },
  stability: withKey('STABILITY', 'https://api.stability.ai'),
  bfl: withKey('BFL', 'https://api.bfl.ai'),
  replicate: withKey('REPLICATE', 'https://api.replicate.com/v1'),
  fal: withKey('FAL', 'https://queue.fal.run'),
  fashn: withKey('FASHN', 'https://api.fashn.ai/v1'),
  leonardo: withKey('LEONARDO', 'https://cloud.leonardo.ai/api/rest/v1'),
  runware: withKey('RUNWARE', 'https://api.runware.ai/v1'),
  anthropic: withKey('ANTHROPIC', 'https://api.anthropic.com'),
  comfyui: withAddress('COMFYUI'),
  ollama: withAddress('OLLAMA'),
};

type KeyPrefix =
  | 'OPENAI'
  | 'GOOGLE'
  | 'STABILITY'
  | 'BFL'
  | 'REPLICATE'
  | 'FAL'
  | 'FASHN'
  | 'LEONARDO'
  | 'RUNWARE'
  | 'ANTHROPIC';

function withKey(prefix: KeyPrefix, baseUrl: string): VendorRule {
  const key: VendorSetting = `${prefix}_API_KEY`;
  return { needs: key, key, address: `${prefix}_BASE_URL`, baseUrl };
}

function withAddress(prefix: 'COMFYUI' | 'OLLAMA'): VendorRule {
  const address: VendorSetting = `${prefix}_BASE_URL`;
  return { needs: address, key: `${prefix}_API_KEY`, address, baseUrl: null };
}

/** What the chosen vendor needs beside it. */
export function checkVendors(values: SettingValues, faults: string[]): void {
  if (values.AI_PROVIDER === 'sora') {
    faults.push('AI_PROVIDER=sora cannot be served: the vendor shut it down on 2026-09-24');
  }
  for (const [vendor, { needs }] of Object.entries(VENDORS)) {
    if (values.AI_PROVIDER === vendor && !values[needs]) {
      faults.push(`AI_PROVIDER=${vendor} needs ${needs}`);
    }
  }
}

export function toVendors(values: SettingValues): VendorsConfig {
  const accounts = VENDOR_NAMES.map((name) => [name, toVendor(values, VENDORS[name])] as const);
  return {
    defaultProvider: values.AI_PROVIDER as string,
    accounts: Object.fromEntries(accounts) as Record<VendorName, VendorConfig | null>,
  };
}

function toVendor(values: SettingValues, rule: VendorRule): VendorConfig | null {
  if (!values[rule.needs]) return null;
  const baseUrl = (values[rule.address] as string | null) ?? rule.baseUrl;
  return { apiKey: values[rule.key] as string | null, baseUrl: baseUrl ?? '' };
}
