/**
 * Fails when Postgres or Redis is not there. The first call notes how much both have done so far; the second call,
 * with the same file, fails when they have done next to nothing since: the suites then ran on something else.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const WAL_BYTES_MIN = 1_000_000;
const COMMANDS_MIN = 100;

const [databaseUrl, redisUrl, file] = process.argv.slice(2);
const now = {
  walBytes: await readWalBytes().catch((error) => fail('Postgres', databaseUrl, error)),
  commands: await readCommands().catch((error) => fail('Redis', redisUrl, error)),
};

if (!existsSync(file)) {
  writeFileSync(file, JSON.stringify(now));
  console.log('both answer');
} else {
  const before = JSON.parse(readFileSync(file, 'utf8'));
  const walBytes = now.walBytes - before.walBytes;
  const commands = now.commands - before.commands;
  console.log(`${walBytes} bytes written by Postgres, ${commands} commands served by Redis`);
  process.exitCode = walBytes >= WAL_BYTES_MIN && commands >= COMMANDS_MIN ? 0 : 1;
}

async function readWalBytes() {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  await client.connect();
  const { rows } = await client.query(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes`);
  await client.end();
  return Number(rows[0].bytes);
}

async function readCommands() {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: null,
  });
  redis.on('error', () => undefined);
  await redis.connect();
  const statistics = await redis.info('stats');
  redis.disconnect();
  return Number(/total_commands_processed:(\d+)/.exec(statistics)[1]);
}

function fail(service, url, error) {
  console.error(
    `No ${service} at ${new URL(url).host}: ${error.message || error.code}. CI needs it running.`,
  );
  process.exit(1);
}
