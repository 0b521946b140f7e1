/** What a run of the bench may be told, by the environment; everything has an answer. */

const SECONDS_MIN = 1;
const SECONDS_MAX = 120;

/** Longer cells give steadier figures; the default keeps a run on both sets below four minutes. */
const HTTP_SECONDS = 5;

export const CALLERS = [1, 50];

/**
 * BENCH_DATABASE_URL  a Postgres where databases may be made, and BENCH_REDIS_URL: with both, the large set too
 * BENCH_SECONDS       seconds a cell of requests is loaded; a cell of the ledger takes half of it
 */
export function readSettings(environment = process.env) {
  const seconds = Number(environment.BENCH_SECONDS ?? HTTP_SECONDS);
  if (!(seconds >= SECONDS_MIN && seconds <= SECONDS_MAX)) {
    throw new Error(`BENCH_SECONDS must be from ${SECONDS_MIN} to ${SECONDS_MAX}`);
  }
  return { ...readServers(environment), seconds, ledgerSeconds: seconds / 2 };
}

/** @returns {{ databaseUrl: string | null, redisUrl: string | null }} both or neither */
export function readServers(environment = process.env) {
  const databaseUrl = environment.BENCH_DATABASE_URL ?? null;
  const redisUrl = environment.BENCH_REDIS_URL ?? null;
  if ((databaseUrl === null) !== (redisUrl === null)) {
    throw new Error('The large set needs BENCH_DATABASE_URL and BENCH_REDIS_URL, both or neither');
  }
  return { databaseUrl, redisUrl };
}
