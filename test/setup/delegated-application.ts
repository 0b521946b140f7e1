/** The whole application with a remote backend for accounts, and OpenAI's simulator as its vendor. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { createApplication, listen } from '../../src/bootstrap.js';
import { newId } from '../../src/common/ids.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { DelegatedBackendSimulator } from '../simulators/delegated-backend.simulator.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import {
  ADMIN_EMAIL,
  ADMIN_PASSWORD,
  type Answer,
  API_KEY,
  request,
  toQueueSettings,
} from './application.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { databaseKinds } from './services.js';

export const SECRET = 'the secret that Atelier and the shop share';
const VENDOR_KEY = 'vendor-credential-of-these-tests-0123456789';

export interface DelegatedApplication {
  app: NestFastifyApplication;
  backend: DelegatedBackendSimulator;
  vendor: OpenaiSimulator;
  database: TestDatabase;
  spaceId: string;
  baseUrl: string;
  /** A request with the first API key of the space, unless other headers are given. */
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Answer>;
  /** A new user of the backend; the headers they send. */
  shopper(credits?: number): { userId: string; headers: Record<string, string> };
  stop(): Promise<void>;
}

/** Boots once to make the first space, and again with that space for the backend's users. */
export async function startDelegated(settings: Environment = {}): Promise<DelegatedApplication> {
  const [kind = 'embedded'] = databaseKinds();
  const database = await createTestDatabase(kind);
  const backend = await DelegatedBackendSimulator.start(SECRET);
  const vendor = await OpenaiSimulator.start({ apiKey: VENDOR_KEY });
  const base = {
    ...database.environment,
    ...toQueueSettings(),
    PORT: '0',
    LOG_LEVEL: 'silent',
    BOOTSTRAP_ADMIN_EMAIL: ADMIN_EMAIL,
    BOOTSTRAP_ADMIN_PASSWORD: ADMIN_PASSWORD,
    BOOTSTRAP_API_KEY: API_KEY,
    OPENAI_API_KEY: VENDOR_KEY,
    OPENAI_BASE_URL: vendor.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
  };
  const spaceId = await makeFirstSpace(base);
  const { app, baseUrl } = await boot({
    ...base,
    DELEGATED_URL: backend.url,
    DELEGATED_SECRET: SECRET,
    DELEGATED_SPACE_ID: spaceId,
    DELEGATED_TIMEOUT_MS: '3000',
    DELEGATED_RETRY_DELAY_MS: '1',
    ...settings,
  });
  const key = { authorization: `Bearer ${API_KEY}` };
  return {
    app,
    backend,
    vendor,
    database,
    spaceId,
    baseUrl,
    call: (method, path, body, headers = key) =>
      request(`${baseUrl}${path}`, method, body, headers),
    shopper(credits = 10) {
      const userId = `shopper-${newId()}`;
      const apiKey = `shop_${newId()}`;
      backend.accounts.set(userId, { apiKey, credits });
      return { userId, headers: { 'x-user-id': userId, authorization: `Bearer ${apiKey}` } };
    },
    async stop() {
      await app.close();
      await database.drop();
      await backend.stop();
      await vendor.stop();
    },
  };
}

export async function boot(
  settings: Environment,
): Promise<{ app: NestFastifyApplication; baseUrl: string }> {
  const config = loadConfig(settings);
  const app = await createApplication(config, pino({ level: 'silent' }));
  return { app, baseUrl: `http://127.0.0.1:${await listen(app, config)}` };
}

async function makeFirstSpace(settings: Environment): Promise<string> {
  const { app, baseUrl } = await boot(settings);
  const key = { authorization: `Bearer ${API_KEY}` };
  const wallets = await request(`${baseUrl}/api/v1/billing/wallets`, 'GET', undefined, key);
  await app.close();
  return String(wallets.body.data[0].search_space_id);
}
