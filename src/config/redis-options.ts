const RECONNECT_STEP_MS = 100;
const RECONNECT_MAX_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A command that outlived this many reconnections fails, so that an outage piles nothing up. */
const RETRIES_PER_COMMAND_MAX = 2;

/** What Bull and ioredis both take. */
export interface RedisConnectionOptions {
  host: string;
  port: number;
  username?: string;
  password?: string;
  db: number;
  tls?: object;
  connectTimeout: number;
  maxRetriesPerRequest: number;
  disableClientInfo: boolean;
  retryStrategy: (times: number) => number;
}

/** REDIS_URL (redis:// or rediss://) as connection options. */
export function toRedisOptions(redisUrl: string): RedisConnectionOptions {
  const url = new URL(redisUrl);
  return {
    // An IPv6 address stands in brackets in a URL, and without them in options.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || '6379'),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: Number(url.pathname.slice(1) || '0'),
    tls: url.protocol === 'rediss:' ? {} : undefined,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: RETRIES_PER_COMMAND_MAX,
    // ioredis 5.11 takes the failure of these commands, which comes with a later connection's loss, for a sign that
    // the client is ready: it then never connects again (event_handler.js, connectHandler).
    disableClientInfo: true,
    retryStrategy: (times) => Math.min(times * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
  };
}
