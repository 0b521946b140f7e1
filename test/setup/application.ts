/** The whole application on a port of its own, on the set of this run: embedded, or Postgres with Redis. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger, pino } from 'pino';
import { createApplication, listen } from '../../src/bootstrap.js';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { databaseKinds, queueKinds, readRedisUrl } from './services.js';

export const ADMIN_EMAIL = 'operator@example.com';
export const ADMIN_PASSWORD = 'correct horse battery staple';
export const API_KEY = 'atl_testkeys_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';

export interface TestApplication {
  app: NestFastifyApplication;
  config: AppConfig;
  database: TestDatabase;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  baseUrl: string;
  /** The first space, which the first key is bound to and the operator owns. */
  spaceId: string;
  /** An access token of the operator. */
  token: string;
  /** Headers of the first API key. */
  key: Record<string, string>;
  /** A request with a JSON body and the first API key, unless other headers are given. */
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON, or text. Tests look into it freely: a wrong guess fails the test. */
  body: ReturnType<typeof JSON.parse>;
}

/**
 * Boots it on a fresh database. `settings` come on top of what the database needs; without a `logger`
 * nothing is logged.
 */
export async function startApplication(
  settings: Environment = {},
  logger: Logger = pino({ level: 'silent' }),
): Promise<TestApplication> {
  const [kind = 'embedded'] = databaseKinds();
  const database = await createTestDatabase(kind);
  const config = loadConfig({
    ...database.environment,
    ...toQueueSettings(),
    PORT: '0',
    LOG_LEVEL: 'silent',
    BOOTSTRAP_ADMIN_EMAIL: ADMIN_EMAIL,
    BOOTSTRAP_ADMIN_PASSWORD: ADMIN_PASSWORD,
    BOOTSTRAP_API_KEY: API_KEY,
    ...settings,
  });
  const app = await createApplication(config, logger);
  const port = await listen(app, config);
  const baseUrl = `http://127.0.0.1:${port}`;
  const key = { authorization: `Bearer ${API_KEY}` };
  const call: TestApplication['call'] = (method, path, body, headers = key) =>
    request(`${baseUrl}${path}`, method, body, headers);
  const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
  const session = await call('POST', '/api/v1/auth/login', login, {});
  const wallets = await call('GET', '/api/v1/billing/wallets');
  return {
    app,
    config,
    database,
    baseUrl,
    spaceId: wallets.body.data[0].search_space_id,
    token: session.body.access_token,
    key,
    call,
    stop: async () => {
      await app.close();
      await database.drop();
    },
  };
}

/** One request; the body is parsed when it is JSON. */
export async function request(
  url: string,
  method: string,
  body?: unknown,
  headers: object = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

/** Redis under a prefix of this application's own, where the run has Redis. */
export function toQueueSettings(): Environment {
  if (!queueKinds().includes('bull') || !databaseKinds().includes('postgres')) return {};
  return { REDIS_URL: readRedisUrl(), REDIS_PREFIX: `test-${newId()}` };
}
