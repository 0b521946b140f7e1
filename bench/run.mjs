/**
 * `npm run bench`: a bare pipe, the service and its ledger in one run on one machine, so that the ratios hold when
 * the figures do not. Prints the tables and writes them into docs/performance.md. Settings: see settings.mjs.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describeMachine } from './machine.mjs';
import { readVersions, withDatabase, withRedisPrefix } from './large-set.mjs';
import { startHelper } from './processes.mjs';
import { writeReport } from './report.mjs';
import { benchService, measureRoute, OPENAI_ROUTE } from './service.mjs';
import { readSettings } from './settings.mjs';

const { databaseUrl, redisUrl, seconds, ledgerSeconds } = readSettings();
const startedAt = new Date();
const machine = describeMachine();
const upstream = await startHelper('upstream.mjs');
// Before and after all else: whether the machine was the same for everybody.
const before = await benchPipe('bare pipe, before');
const sets = [await benchEmbeddedSet()];
if (databaseUrl && redisUrl) sets.push(await benchLargeSet());
const pipes = [before, await benchPipe('bare pipe, after')];
await upstream.stop();
const versions = databaseUrl && redisUrl ? await readVersions(databaseUrl, redisUrl) : [];
writeReport({ startedAt, machine, versions, seconds, pipes, sets });

async function benchPipe(label) {
  tell(label);
  const child = await startHelper('pipe.mjs', upstream.origin);
  try {
    return await measureRoute(child.origin, { ...OPENAI_ROUTE, label }, {}, seconds);
  } finally {
    await child.stop();
  }
}

async function benchEmbeddedSet() {
  tell('embedded set: requests');
  const service = await benchService({}, upstream.origin, seconds);
  tell('embedded set: ledger');
  return { name: 'embedded', service, ledger: await benchLedger('') };
}

async function benchLargeSet() {
  tell('Postgres and Redis: requests');
  const service = await withDatabase(databaseUrl, (url) =>
    withRedisPrefix(redisUrl, (prefix) => {
      const settings = { DATABASE_URL: url, REDIS_URL: redisUrl, REDIS_PREFIX: prefix };
      return benchService(settings, upstream.origin, seconds);
    }),
  );
  tell('Postgres and Redis: ledger');
  return {
    name: 'Postgres and Redis',
    service,
    ledger: await withDatabase(databaseUrl, benchLedger),
  };
}

function benchLedger(url) {
  const script = join(import.meta.dirname, 'ledger.mjs');
  const child = fork(script, [url, String(ledgerSeconds)], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the ledger's bench ended with ${code}`)));
  });
}

function tell(what) {
  const tookS = Math.round((Date.now() - startedAt.getTime()) / 1_000);
  console.error(`${String(tookS).padStart(4)} s  ${what}`);
}
