/** Finds planted secrets in a text, however they were written into it, and reads all that a process has kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { ManagedDataSource } from '../../../src/persistence/managed-data-source.js';
import type { TestApplication } from '../../setup/application.js';

export interface Secret {
  name: string;
  value: string;
}

/** Of a longer secret this much of its end gives it away: what tokens begin with may be shown. */
const TELLING_LENGTH = 24;
const BASE64_GROUP = 3;

/** The names of the secrets that stand in the text, and how they are written. */
export function findSecrets(text: string, secrets: readonly Secret[]): string[] {
  return secrets.flatMap(({ name, value }) =>
    Object.entries(toForms(value.slice(-TELLING_LENGTH)))
      .filter(([, forms]) => forms.some((form) => text.includes(form)))
      .map(([form]) => `${name} (${form})`),
  );
}

function toForms(value: string): Record<string, string[]> {
  const base64 = Array.from({ length: BASE64_GROUP }, (_, offset) => toBase64(value, offset));
  return {
    clear: [value],
    json: [JSON.stringify(value).slice(1, -1)],
    url: [encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)],
    base64,
    base64url: base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex: [Buffer.from(value).toString('hex'), Buffer.from(value).toString('hex').toUpperCase()],
  };
}

/** The part that is the same whatever stands before and after: `offset` bytes before it in its group of three. */
function toBase64(value: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
  const whole = bytes.length - (bytes.length % BASE64_GROUP);
  return bytes
    .subarray(0, whole)
    .toString('base64')
    .slice(offset === 0 ? 0 : 4);
}

/** Every row of every table as text, under the table's name. */
export async function dumpDatabase(atelier: TestApplication): Promise<Map<string, string>> {
  const dataSource = atelier.app.get(ManagedDataSource);
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const dump = new Map<string, string>();
  for (const { name } of tables) {
    const rows = await dataSource.query<{ line: string }[]>(
      `SELECT t::text AS line FROM ${name} AS t`,
    );
    dump.set(name, rows.map(({ line }) => line).join('\n'));
  }
  return dump;
}

/** What the process keeps on Redis; empty where it has none. */
export async function dumpRedis({ config }: TestApplication): Promise<string> {
  const { redisUrl, redisPrefix } = config.queue;
  if (redisUrl === null) return '';
  const redis = new Redis(redisUrl);
  try {
    const keys = await redis.keys(`${redisPrefix}*`);
    const values = await Promise.all(keys.map((key) => readKey(redis, key)));
    return [...keys, ...values].join('\n');
  } finally {
    await redis.quit();
  }
}

async function readKey(redis: Redis, key: string): Promise<string> {
  const readers: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, 0, -1),
    stream: () => redis.xrange(key, '-', '+'),
  };
  return JSON.stringify(await readers[await redis.type(key)]?.()) ?? '';
}

/** A log and what it was rotated into: `atelier.1.log` beside `atelier.log`. */
export function readLogs(path: string): string {
  const folder = dirname(path);
  const start = basename(path, '.log');
  const names = readdirSync(folder).filter((name) => name.startsWith(start));
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}
