/** Measures the service over HTTP with everything on: key, role, limits, hold and post, usage, store, log. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './load.mjs';
import { SIDE_PX } from './picture.mjs';
import { startService } from './processes.mjs';
import { CALLERS } from './settings.mjs';

const WARM_UP_SECONDS = 1.5;
/** Between cells, for runs whose callers were cut off at the end of one. */
const PAUSE_MS = 500;
/** Idle means: nothing was asked for this long after the start. */
const IDLE_MS = 3_000;
const SETTLED_WITHIN_MS = 10_000;
const CREDIT_MICROS = 1_000_000_000_000;

const newPrompt = () => `a lighthouse at dawn, number ${randomBytes(6).toString('hex')}`;

/** The request of OpenAI clients; the bare pipe is loaded with the same. */
export const OPENAI_ROUTE = {
  label: `POST /v1/images/generations, openai, ${SIDE_PX}x${SIDE_PX} answered`,
  path: '/v1/images/generations',
  toBody: () => ({
    prompt: newPrompt(),
    model: 'gpt-image-1.5',
    size: '1024x1024',
    quality: 'low',
  }),
};

const EMBEDDED_ROUTE = {
  label: `POST /api/v1/image-generations, embedded-image, ${SIDE_PX}x${SIDE_PX}`,
  path: '/api/v1/image-generations',
  toBody: () => ({ prompt: newPrompt(), model: 'embedded-image', size: `${SIDE_PX}x${SIDE_PX}` }),
};

/** Loads one route of one address with each number of callers, warm. */
export async function measureRoute(origin, route, headers, seconds) {
  const cell = { url: origin + route.path, headers, toBody: route.toBody };
  const rows = [];
  for (const callers of CALLERS) {
    await load({ ...cell, callers, seconds: WARM_UP_SECONDS });
    rows.push({ label: route.label, callers, ...(await load({ ...cell, callers, seconds })) });
    await sleep(PAUSE_MS);
  }
  return rows;
}

/**
 * One process of the service, from its second start to its end: the first one makes the database.
 * @param {Record<string, string>} setSettings what chooses database, queue and limits
 */
export async function benchService(setSettings, upstreamOrigin, seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  const apiKey = `atl_bench234_${randomBytes(32).toString('base64url')}`;
  const settings = { ...toSettings(folder, apiKey, upstreamOrigin), ...setSettings };
  const logFile = join(folder, 'service.log');
  const first = await startService(settings, logFile);
  await first.stop();
  const service = await startService(settings, logFile);
  const headers = { authorization: `Bearer ${apiKey}` };
  try {
    await sleep(IDLE_MS);
    const idleRssBytes = service.rssBytes();
    const rows = [
      ...(await measureRoute(service.origin, EMBEDDED_ROUTE, headers, seconds)),
      ...(await measureRoute(service.origin, OPENAI_ROUTE, headers, seconds)),
    ];
    const loadedRssBytes = service.rssBytes();
    await assertBalanced(service.origin, headers);
    const starts = { firstStartMs: first.startMs, laterStartMs: service.startMs };
    return { rows, idleRssBytes, loadedRssBytes, ...starts };
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function toSettings(folder, apiKey, upstreamOrigin) {
  return {
    DATA_DIR: folder,
    BOOTSTRAP_API_KEY: apiKey,
    BOOTSTRAP_CREDIT_MICROS: String(CREDIT_MICROS),
    // The limit of requests is on and counts; it only never refuses.
    THROTTLE_RPM: '10000000',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${upstreamOrigin}/v1`,
    OUTBOUND_ALLOW: new URL(upstreamOrigin).host,
    JWT_SECRET: randomBytes(32).toString('hex'),
    LINK_SECRET: randomBytes(32).toString('hex'),
    ENCRYPTION_SECRET: randomBytes(32).toString('hex'),
  };
}

/** Figures of a service that lost money count for nothing. */
async function assertBalanced(origin, headers) {
  const until = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${origin}/api/v1/billing/wallets`, { headers });
    const [wallet] = (await response.json()).data;
    const isBalanced = wallet.available_micros + wallet.spent_micros === CREDIT_MICROS;
    if (isBalanced && wallet.held_micros === 0 && wallet.spent_micros > 0) return;
    if (Date.now() > until) throw new Error(`out of balance: ${JSON.stringify(wallet)}`);
    await sleep(PAUSE_MS);
  }
}
