/**
 * `npm run bench:gateway`: this service beside no gateway at all, a bare pipe and Portkey, in one run on one machine.
 * Prints the tables and writes them into docs/performance.md. Options: see options.mjs.
 */
import { query, readVersions, withDatabase, withRedisPrefix } from '../large-set.mjs';
import { describeMachine } from '../machine.mjs';
import { readRssBytes, startHelper } from '../processes.mjs';
import { startAtelier } from './atelier.mjs';
import { measureCase } from './measure.mjs';
import { ANSWER_SIDE_PX } from './models.mjs';
import { readOptions } from './options.mjs';
import { startPortkey } from './portkey.mjs';
import { profileCase } from './profile.mjs';
import { writeGatewayReport } from './report.mjs';

const options = readOptions();
const { databaseUrl, redisUrl } = options;
const isLarge = databaseUrl !== null;
const startedAt = new Date();
const machine = describeMachine();
const upstream = await startHelper('gateway/mock.mjs', String(ANSWER_SIDE_PX));
try {
  if (options.isProfile) await withAtelier(startProfiled, profile);
  else await benchAll();
} finally {
  await upstream.stop();
}

async function benchAll() {
  const results = [];
  const wants = (id) => options.subjects.includes(id);
  if (wants('direct')) results.push(await benchSubject('direct', 'no gateway', startDirect));
  if (wants('pipe')) results.push(await benchSubject('pipe', 'bare pipe', startPipe));
  if (wants('portkey')) results.push(await benchSubject('portkey', 'Portkey', startOther));
  if (wants('large') && isLarge) {
    results.push(await withLargeSet((settings, url) => benchAtelier('large', settings, url)));
  }
  if (wants('embedded')) results.push(await benchAtelier('embedded', {}, null));
  // Once more: whether the machine was the same for everybody.
  if (wants('pipe')) {
    const how = { isPaced: false };
    results.push(await benchSubject('pipe-again', 'bare pipe, after all', startPipe, how));
  }
  // Speed that loses money is none.
  if (results.some(({ books }) => books && !books.balance.isBalanced)) process.exitCode = 1;
  const versions = isLarge ? await readVersions(databaseUrl, redisUrl) : [];
  const { seconds, cases, isWritten } = options;
  writeGatewayReport({ startedAt, machine, versions, seconds, cases, results }, isWritten);
}

async function startDirect() {
  const { origin, processId } = upstream;
  return { origin, processId, rssBytes: () => readRssBytes(processId), stop: () => undefined };
}

function startOther() {
  return startPortkey(upstream.origin);
}

async function startPipe() {
  const pipe = await startHelper('pipe.mjs', upstream.origin);
  return { ...pipe, rssBytes: () => readRssBytes(pipe.processId) };
}

async function benchAtelier(id, setSettings, url) {
  const name = id === 'large' ? 'Atelier, Postgres and Redis' : 'Atelier, embedded';
  const upstreamOrigin = upstream.origin;
  const { nodeArguments } = options;
  const start = () => startAtelier({ setSettings, upstreamOrigin, nodeArguments });
  return benchSubject(id, name, start, {
    isPaced: true,
    conclude: async (subject, answeredCount) => {
      const balance = await subject.readBalance();
      if (url === null) return { balance, answeredCount };
      const [{ count }] = await query(url, 'SELECT count(*)::int AS count FROM usage_records');
      return { balance, answeredCount, usageRowsCount: count };
    },
  });
}

/** One that cannot be fetched, does not start or breaks down leaves its reason, and the others their figures. */
async function benchSubject(id, name, start, how = {}) {
  try {
    return await measureSubject(id, name, await start(), how);
  } catch (error) {
    if (id !== 'portkey') process.exitCode = 1;
    const unavailable = String(error?.message ?? error);
    tell(`${name}: ${unavailable}`);
    return { id, name, unavailable, figures: {} };
  }
}

async function measureSubject(id, name, subject, { isPaced = true, conclude }) {
  try {
    const idleRssBytes = subject.idleRssBytes ?? subject.rssBytes();
    const figures = {};
    let answeredCount = 0;
    for (const wanted of options.cases) {
      if (wanted.comparedWith && !conclude) continue;
      tell(`${name}: ${wanted.label}`);
      const found = await measureCase(subject, wanted, { ...options, isPaced });
      figures[wanted.id] = { ...found, rssBytes: subject.rssBytes() };
      answeredCount += found.answeredCount;
      if (found.missing) console.error(`        ${found.missing}`);
    }
    const books = await conclude?.(subject, answeredCount);
    const memory = { idleRssBytes, rssBytes: subject.rssBytes() };
    return { id, name, figures, ...memory, startMs: subject.startMs, books };
  } finally {
    await subject.stop();
  }
}

function withLargeSet(work) {
  return withDatabase(databaseUrl, (url) =>
    withRedisPrefix(redisUrl, (prefix) =>
      work({ DATABASE_URL: url, REDIS_URL: redisUrl, REDIS_PREFIX: prefix }, url),
    ),
  );
}

async function withAtelier(start, work) {
  const run = async (settings) => {
    const subject = await start(settings);
    try {
      await work(subject);
    } finally {
      await subject.stop();
    }
  };
  if (isLarge && options.subjects.includes('large')) await withLargeSet(run);
  else await run({});
}

function startProfiled(setSettings) {
  const nodeArguments = [...options.nodeArguments, '--inspect=127.0.0.1:0'];
  return startAtelier({ setSettings, upstreamOrigin: upstream.origin, nodeArguments });
}

async function profile(subject) {
  const [wanted] = options.cases;
  tell(`profile: ${wanted.label}, ${isLarge ? 'Postgres and Redis' : 'embedded'}`);
  console.log(await profileCase(subject, wanted, options));
}

function tell(what) {
  const tookS = Math.round((Date.now() - startedAt.getTime()) / 1_000);
  console.error(`${String(tookS).padStart(4)} s  ${what}`);
}
