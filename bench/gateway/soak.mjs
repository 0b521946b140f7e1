/**
 * `npm run bench:soak`: 2 MB pictures, evenly paced, for ten minutes, and what must not grow meanwhile.
 * On the large set where BENCH_DATABASE_URL and BENCH_REDIS_URL name it, else on the embedded one.
 *
 *   --minutes=10  --rate=20
 *   --node=--import=PATH  what Node itself is told at the start of the service, more than once for more
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { query, withDatabase, withRedisPrefix } from '../large-set.mjs';
import { describeMachine } from '../machine.mjs';
import { startHelper } from '../processes.mjs';
import { readServers } from '../settings.mjs';
import { startAtelier } from './atelier.mjs';
import { CASES } from './cases.mjs';
import { findInDatabase, findInLog } from './leaks.mjs';
import { runLoad } from './measure.mjs';
import { FILE_SIDE_PX } from './models.mjs';
import { judgeSoak } from './soak-verdicts.mjs';

const DIST = process.env.BENCH_DIST ?? join(import.meta.dirname, '../../dist');
const MS_PER_MINUTE = 60_000;
const SAMPLE_EVERY_MS = 1_000;
const UNIQUE_MINUTES = 2;
/** Of a shorter run. */
const UNIQUE_SHARE = 0.2;

const options = {
  minutes: { type: 'string', default: '10' },
  rate: { type: 'string', default: '20' },
  node: { type: 'string', multiple: true, default: [] },
};
const { values } = parseArgs({ options });
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (!(minutes > 0 && minutes <= 24 * 60 && rate > 0 && rate <= 1_000)) {
  throw new Error('--minutes must be from 0 to 1440 and --rate, per second, from 0 to 1000');
}
const uniqueMs = Math.min(UNIQUE_MINUTES, minutes * UNIQUE_SHARE) * MS_PER_MINUTE;
const { databaseUrl, redisUrl } = readServers();

const upstream = await startHelper('gateway/mock.mjs', String(FILE_SIDE_PX));
try {
  const facts = databaseUrl ? await soakLarge() : await soakEmbedded();
  const verdicts = judgeSoak(facts);
  const { hardware } = describeMachine();
  console.log(`${databaseUrl ? 'Postgres and Redis' : 'embedded'}, ${minutes} min at ${rate}/s`);
  console.log(hardware);
  for (const { isMet, text } of verdicts) console.log(`${isMet ? 'met    ' : 'NOT MET'}  ${text}`);
  if (verdicts.some(({ isMet }) => !isMet)) process.exitCode = 1;
} finally {
  await upstream.stop();
}

function soakLarge() {
  return withDatabase(databaseUrl, (url) =>
    withRedisPrefix(redisUrl, async (prefix) => {
      const setSettings = { DATABASE_URL: url, REDIS_URL: redisUrl, REDIS_PREFIX: prefix };
      return soak(setSettings, () => findInDatabase((text) => query(url, text)));
    }),
  );
}

function soakEmbedded() {
  return soak({}, async (folder) => {
    const path = join(DIST, 'persistence/managed-data-source.js');
    const { ManagedDataSource } = await import(pathToFileURL(path).href);
    const dir = join(folder, 'database');
    const dataSource = new ManagedDataSource({ kind: 'embedded', url: null, dir, poolMax: 2 });
    await dataSource.initialize();
    try {
      return await findInDatabase((text) => dataSource.query(text));
    } finally {
      await dataSource.destroy();
    }
  });
}

/** @param {(folder: string) => Promise<object>} scanDatabase after the service has ended */
async function soak(setSettings, scanDatabase) {
  const subject = await startAtelier({
    setSettings,
    upstreamOrigin: upstream.origin,
    nodeArguments: values.node,
  });
  try {
    const logFromBytes = statSync(subject.logFile).size;
    const { figures, samples } = await loadAndWatch(subject);
    const balance = await subject.readBalance();
    await subject.stop({ keepsFolder: true });
    const log = await findInLog(subject.logFile);
    const logBytes = statSync(subject.logFile).size - logFromBytes;
    const database = await scanDatabase(subject.folder);
    return { figures, samples, uniqueMs, balance, log, logBytes, database };
  } finally {
    await subject.stop({ keepsFolder: true });
    rmSync(subject.folder, { recursive: true, force: true });
  }
}

async function loadAndWatch(subject) {
  const { path, body } = CASES.find(({ id }) => id === 'picture');
  const startedMs = performance.now();
  const samples = [];
  const watch = setInterval(() => {
    const atMs = performance.now() - startedMs;
    samples.push({ atMs, rssBytes: subject.rssBytes() });
    upstream.tell({ pictures: atMs < uniqueMs ? 'unique' : 'repeating' });
  }, SAMPLE_EVERY_MS);
  try {
    const figures = await runLoad({
      origin: subject.origin,
      path,
      headers: subject.headers,
      body,
      // In base64, of 816 × 816 pixels of three bytes.
      expected: { bodyBytesMin: 2_660_000, ending: '}' },
      perSecond: rate,
      warmUpMs: 0,
      measuredMs: minutes * MS_PER_MINUTE,
    });
    return { figures, samples };
  } finally {
    clearInterval(watch);
  }
}
