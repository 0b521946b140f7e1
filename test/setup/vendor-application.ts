/** The whole application with OpenAI's simulator as its vendor, and what its books say. */
import type { Logger } from 'pino';
import type { Environment } from '../../src/config/read-settings.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { type Answer, startApplication, type TestApplication } from './application.js';

export const VENDOR_KEY = 'vendor-credential-of-these-tests-0123456789';
export const GENERATIONS = '/api/v1/image-generations';

export interface Wallet {
  available_micros: number;
  held_micros: number;
  spent_micros: number;
}

export interface VendorApplication extends TestApplication {
  simulator: OpenaiSimulator;
  /** Forgets what the vendor did: no connection of it is left out any more. */
  forgive(): Promise<void>;
  wallet(): Promise<Wallet>;
  /** Newest first, at most 100. */
  listGenerations(): Promise<Answer['body'][]>;
  /** Newest first, at most 100. */
  listUsage(): Promise<Answer['body'][]>;
}

export async function startWithVendor(
  settings: Environment = {},
  logger?: Logger,
): Promise<VendorApplication> {
  const simulator = await OpenaiSimulator.start({ apiKey: VENDOR_KEY });
  const vendor = {
    OPENAI_API_KEY: VENDOR_KEY,
    OPENAI_BASE_URL: simulator.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
    // One request is one call here, and nobody has a grudge against the vendor; other tests prove both.
    UPSTREAM_REPEATS_MAX: '0',
    BREAKER_FAILURES: '1000',
    COOLDOWN_ALONE_S: '0',
  };
  const atelier = await startApplication({ ...vendor, ...settings }, logger);
  const list = async (path: string) => (await atelier.call('GET', `${path}?limit=100`)).body.data;
  return {
    ...atelier,
    simulator,
    forgive: () => forgive(atelier, 'env:openai'),
    wallet: async () => (await list('/api/v1/billing/wallets'))[0],
    listGenerations: () => list(GENERATIONS),
    listUsage: () => list('/api/v1/billing/usage'),
    async stop() {
      await atelier.stop();
      await simulator.stop();
    },
  };
}

/** A vendor that named a time to wait, or refused a credential, is not called until then. */
export async function forgive(atelier: TestApplication, connection: string): Promise<void> {
  const operator = { authorization: `Bearer ${atelier.token}` };
  const path = `/api/v1/connections/${connection}/clear-cooldown`;
  const { status } = await atelier.call('POST', path, undefined, operator);
  if (status >= 300) throw new Error(`cooldowns of ${connection} were not cleared: ${status}`);
}
