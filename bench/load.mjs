/** The load tool: as many callers as told, each with its next request as soon as the last was answered. */
import autocannon from 'autocannon';
import { toPercentiles } from './percentiles.mjs';

const TIMEOUT_S = 60;
const OK_MIN = 200;
const OK_MAX = 299;
const MS_PER_S = 1_000;

/**
 * Loads one address for a while.
 * @param {{ url: string, headers?: Record<string, string>, toBody: () => object, callers: number, seconds: number }} cell
 * @returns {Promise<{ perSecond: number, p50Ms: number, p99Ms: number, errors: number }>}
 *   answered well per second; errors = other answers, broken connections and time-outs
 */
export async function load({ url, headers = {}, toBody, callers, seconds }) {
  const timesMs = [];
  let refused = 0;
  const run = autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    connections: callers,
    duration: seconds,
    timeout: TIMEOUT_S,
    requests: [{ setupRequest: (request) => ({ ...request, body: JSON.stringify(toBody()) }) }],
  });
  const startMs = performance.now();
  let lastMs = startMs;
  run.on('response', (_client, status, _bytes, timeMs) => {
    lastMs = performance.now();
    if (status >= OK_MIN && status <= OK_MAX) timesMs.push(timeMs);
    else refused += 1;
  });
  const { errors } = await run;
  return {
    perSecond: (timesMs.length * MS_PER_S) / Math.max(1, lastMs - startMs),
    ...toPercentiles(timesMs),
    errors: refused + errors,
  };
}
