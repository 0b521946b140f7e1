/** This service as a subject, with everything on: key and its limit, role, budgets, hold and post, usage row, metrics. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startService } from '../processes.mjs';

const CREDIT_MICROS = 1_000_000_000_000;
const LIMIT_MICROS = 900_000_000_000;
const KEY_REQUESTS_PER_DAY = 1_000_000;
const ADMIN_EMAIL = 'operator@atelier.local';
const IDLE_MS = 2_000;
const SETTLED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 250;

/**
 * Starts it twice, as the first start makes the database; makes a key with a limit, and budgets that bind every call.
 * @param {{ setSettings: Record<string, string>, upstreamOrigin: string, nodeArguments?: readonly string[] }} how
 */
export async function startAtelier({ setSettings, upstreamOrigin, nodeArguments }) {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  const password = randomBytes(16).toString('hex');
  const settings = { ...toSettings(folder, password, upstreamOrigin), ...setSettings };
  const logFile = join(folder, 'service.log');
  try {
    const first = await startService(settings, logFile);
    await first.stop();
    const service = await startService(settings, logFile, nodeArguments);
    const subject = {
      ...service,
      folder,
      logFile,
      stop: async ({ keepsFolder = false } = {}) => {
        await service.stop();
        if (!keepsFolder) rmSync(folder, { recursive: true, force: true });
      },
    };
    return await prepare(subject, password);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function prepare(subject, password) {
  try {
    const operator = await signIn(subject.origin, password);
    const { spaceId, headers } = await makeKey(subject.origin, operator);
    const session = { ...operator, 'x-search-space-id': spaceId };
    await sleep(IDLE_MS);
    return {
      ...subject,
      headers,
      idleRssBytes: subject.rssBytes(),
      readBalance: () => readBalance(subject.origin, session),
    };
  } catch (error) {
    await subject.stop();
    throw error;
  }
}

function toSettings(folder, password, upstreamOrigin) {
  return {
    DATA_DIR: folder,
    BOOTSTRAP_ADMIN_PASSWORD: password,
    BOOTSTRAP_CREDIT_MICROS: String(CREDIT_MICROS),
    // These limits are on and count; they only never refuse.
    THROTTLE_RPM: '10000000',
    SLOTS_PER_CALLER: '1000',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${upstreamOrigin}/v1`,
    OUTBOUND_ALLOW: new URL(upstreamOrigin).host,
    JWT_SECRET: randomBytes(32).toString('hex'),
    LINK_SECRET: randomBytes(32).toString('hex'),
    ENCRYPTION_SECRET: randomBytes(32).toString('hex'),
  };
}

async function signIn(origin, password) {
  const login = { email: ADMIN_EMAIL, password };
  const { access_token: token } = await ask(origin, 'POST', '/api/v1/auth/login', {}, login);
  return { authorization: `Bearer ${token}` };
}

/** @returns {Promise<{ spaceId: string, headers: object }>} a caller whom a key limit and three budgets bind */
async function makeKey(origin, session) {
  const spaces = await ask(origin, 'GET', '/api/v1/search-spaces', session);
  const { id: spaceId } = spaces.data[0];
  const made = await ask(origin, 'POST', '/api/v1/api-keys', session, {
    name: 'Bench',
    search_space_id: spaceId,
    rate_limit_per_day: KEY_REQUESTS_PER_DAY,
  });
  const cap = { mode: 'hard', period: 'month', limit_micros: LIMIT_MICROS };
  const budgets = [
    { name: 'House', scope: 'global' },
    { name: 'Space', scope: 'space', search_space_id: spaceId },
    { name: 'Key', scope: 'key', api_key_id: made.id },
  ];
  for (const budget of budgets) {
    await ask(origin, 'POST', '/api/v1/billing/budgets', session, { ...cap, ...budget });
  }
  return { spaceId, headers: { authorization: `Bearer ${made.key}` } };
}

/**
 * Waits until nothing is held. Figures of a service that lost money count for nothing.
 * @returns {Promise<{ isBalanced: boolean, spentMicros: number, heldMicros: number }>}
 */
async function readBalance(origin, session) {
  for (const until = Date.now() + SETTLED_WITHIN_MS; ; await sleep(LOOK_EVERY_MS)) {
    const wallets = await ask(origin, 'GET', '/api/v1/billing/wallets', session);
    const [wallet] = wallets.data;
    const isBalanced =
      wallet.held_micros === 0 &&
      wallet.available_micros + wallet.spent_micros === CREDIT_MICROS &&
      wallet.spent_micros > 0;
    if (!isBalanced && Date.now() < until) continue;
    return { isBalanced, spentMicros: wallet.spent_micros, heldMicros: wallet.held_micros };
  }
}

async function ask(origin, method, path, headers, body) {
  const sent = body && { 'content-type': 'application/json' };
  const options = { method, headers: { ...headers, ...sent }, body: body && JSON.stringify(body) };
  const response = await fetch(origin + path, options);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
