/** Which services the suites run against. The only place that reads TEST_DATABASE_URL and TEST_REDIS_URL. */
export type DatabaseKind = 'embedded' | 'postgres';
export type QueueKind = 'in_process' | 'bull';
export type InstallationKind = 'embedded' | 'large';

const databaseUrl = process.env.TEST_DATABASE_URL;
const redisUrl = process.env.TEST_REDIS_URL;

/** The engines of this run: the embedded one, or the server that was given. Suites run once for each. */
export function databaseKinds(): readonly DatabaseKind[] {
  return databaseUrl ? ['postgres'] : ['embedded'];
}

/** The queues of this run: the one in the process, and Bull's when a Redis was given. */
export function queueKinds(): readonly QueueKind[] {
  return redisUrl ? ['in_process', 'bull'] : ['in_process'];
}

/** The set that whole processes run on: Postgres and Redis where both were given, else everything in one process. */
export function installationKind(): InstallationKind {
  return databaseUrl && redisUrl ? 'large' : 'embedded';
}

/** URL of a server on which databases may be made and dropped. */
export function readDatabaseUrl(): string {
  if (!databaseUrl) throw new Error('TEST_DATABASE_URL is not set');
  return databaseUrl;
}

/** URL of a Redis in which keys under a prefix of the test's own may be written. */
export function readRedisUrl(): string {
  if (!redisUrl) throw new Error('TEST_REDIS_URL is not set');
  return redisUrl;
}
