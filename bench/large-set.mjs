/** Lends databases and a corner of a Redis to the bench and takes them back without a trace. */
import { Redis } from 'ioredis';
import { Client } from 'pg';

const NAME = `atelier_bench_${process.pid}`;
const KEPT = 'kept by a bench of Atelier';
const SCAN_COUNT = 1_000;

let lent = 0;

/** Makes an empty database on the server, hands its URL out, and removes it afterwards. */
export async function withDatabase(serverUrl, work) {
  const name = `${NAME}_${(lent += 1)}`;
  await query(serverUrl, `CREATE DATABASE ${name}`);
  try {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return await work(url.href);
  } finally {
    await query(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

/**
 * Makes the database unless it is there, hands its URL out with whether it was, and leaves it. One whose first work broke
 * off has no comment, and is refused: nobody knows what is in it.
 */
export async function withKeptDatabase(serverUrl, name, work) {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`${name} is no name of a database`);
  const [found] = await query(
    serverUrl,
    `SELECT shobj_description(oid, 'pg_database') AS made FROM pg_database WHERE datname = '${name}'`,
  );
  if (found && found.made !== KEPT) {
    throw new Error(
      `the database ${name} is not whole, or not of a bench: drop it, or name another`,
    );
  }
  if (!found) await query(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const result = await work(url.href, found !== undefined);
  await query(serverUrl, `COMMENT ON DATABASE ${name} IS '${KEPT}'`);
  return result;
}

/** Hands out a prefix for keys and removes what was written under it. */
export async function withRedisPrefix(redisUrl, work) {
  try {
    return await work(NAME);
  } finally {
    const redis = new Redis(redisUrl);
    const keys = redis.scanStream({ match: `*${NAME}*`, count: SCAN_COUNT });
    for await (const found of keys) if (found.length > 0) await redis.unlink(...found);
    await redis.quit();
  }
}

/** @returns {Promise<string[]>} what answers there, for the page */
export async function readVersions(databaseUrl, redisUrl) {
  const [{ server_version: postgres }] = await query(databaseUrl, 'SHOW server_version');
  const [{ synchronous_commit: commit }] = await query(databaseUrl, 'SHOW synchronous_commit');
  const [{ fsync }] = await query(databaseUrl, 'SHOW fsync');
  const redis = new Redis(redisUrl);
  const [, version] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? [];
  await redis.quit();
  return [
    `Postgres ${postgres} (fsync ${fsync}, synchronous_commit ${commit})`,
    `Redis ${version}`,
  ];
}

/** One statement on a connection of its own. */
export async function query(url, text) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
