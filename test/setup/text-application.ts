/** The whole application with a simulator of each vendor of chat and embeddings, and what its books say. */
import OpenAI, { type ClientOptions } from 'openai';
import type { Environment } from '../../src/config/read-settings.js';
import { AnthropicSimulator } from '../simulators/anthropic.simulator.js';
import { GeminiSimulator } from '../simulators/gemini.simulator.js';
import { OllamaSimulator } from '../simulators/ollama.simulator.js';
import { OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';
import { type Answer, API_KEY, startApplication, type TestApplication } from './application.js';
import { must, operatorOf } from './people.js';
import { forgive, type Wallet } from './vendor-application.js';

export const VENDOR_KEY = 'vendor-credential-of-these-tests-0123456789';
/** Ollama runs at home: what it costs an operator sets. Micros for a million tokens. */
const OLLAMA_PRICES = { '1M_input_tokens': 100_000, '1M_output_tokens': 300_000 };
const OLLAMA_MODELS = ['llama3.2', 'qwen3-vl', 'nomic-embed-text'];

export type TextVendor = 'openai' | 'gemini' | 'anthropic' | 'ollama';

export interface TextVendors {
  openai: OpenaiTextSimulator;
  gemini: GeminiSimulator;
  anthropic: AnthropicSimulator;
  ollama: OllamaSimulator;
}

export interface TextApplication extends TestApplication {
  vendors: TextVendors;
  /** `/v1`, which is all that a client is told beside its key. */
  openaiUrl: string;
  /** OpenAI's own client, unmodified. */
  createClient(options?: ClientOptions): OpenAI;
  wallet(): Promise<Wallet>;
  /** Newest first, at most 100. */
  listUsage(): Promise<Answer['body'][]>;
  /** The usage row of a call, and what it took from the wallet of the key. */
  findUsage(callId: string | null): Promise<Answer['body']>;
  /** Forgets what the vendors did and were told to do. */
  reset(): Promise<void>;
}

export async function startWithTextVendors(settings: Environment = {}): Promise<TextApplication> {
  const vendors = {
    openai: await OpenaiTextSimulator.start({ apiKey: VENDOR_KEY }),
    gemini: await GeminiSimulator.start({ apiKey: VENDOR_KEY }),
    anthropic: await AnthropicSimulator.start({ apiKey: VENDOR_KEY }),
    ollama: await OllamaSimulator.start({ apiKey: VENDOR_KEY }),
  };
  const atelier = await startApplication({ ...toSettings(vendors), ...settings });
  await setOllamaPrices(atelier);
  const openaiUrl = `${atelier.baseUrl}/v1`;
  const list = async (path: string) => (await atelier.call('GET', `${path}?limit=100`)).body.data;
  const listUsage = () => list('/api/v1/billing/usage');
  return {
    ...atelier,
    vendors,
    openaiUrl,
    createClient: (options = {}) => new OpenAI({ apiKey: API_KEY, ...options, baseURL: openaiUrl }),
    wallet: async () => (await list('/api/v1/billing/wallets'))[0],
    listUsage,
    findUsage: async (callId) =>
      (await listUsage()).find(({ id }: { id: string }) => id === callId),
    async reset() {
      for (const [name, vendor] of Object.entries(vendors)) {
        vendor.reset();
        await forgive(atelier, `env:${name}`);
      }
    },
    async stop() {
      await atelier.stop();
      for (const vendor of Object.values(vendors)) await vendor.stop();
    },
  };
}

function toSettings({ openai, gemini, anthropic, ollama }: TextVendors): Environment {
  return {
    OPENAI_API_KEY: VENDOR_KEY,
    OPENAI_BASE_URL: openai.baseUrl,
    GOOGLE_API_KEY: VENDOR_KEY,
    GOOGLE_BASE_URL: gemini.baseUrl,
    ANTHROPIC_API_KEY: VENDOR_KEY,
    ANTHROPIC_BASE_URL: anthropic.baseUrl,
    OLLAMA_API_KEY: VENDOR_KEY,
    OLLAMA_BASE_URL: ollama.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
    // One request is one call here, and nobody has a grudge against a vendor; other tests prove both.
    UPSTREAM_REPEATS_MAX: '0',
    BREAKER_FAILURES: '1000',
    COOLDOWN_ALONE_S: '0',
  };
}

async function setOllamaPrices(atelier: TestApplication): Promise<void> {
  for (const model of OLLAMA_MODELS) {
    for (const [unit, price_micros] of Object.entries(OLLAMA_PRICES)) {
      const line = { provider: 'ollama', model, unit, price_micros };
      const path = '/api/v1/billing/prices/overrides';
      await must(atelier, 201, 'POST', path, line, operatorOf(atelier));
    }
  }
}
