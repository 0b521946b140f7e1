import { DELEGATED_SETTINGS } from './delegated.settings.js';
import { INFERENCE_SETTINGS } from './inference.settings.js';
import { LOG_SETTINGS } from './log.settings.js';
import { MEDIA_SETTINGS } from './media.settings.js';
import { MODERATION_SETTINGS } from './moderation.settings.js';
import { PAYMENT_SETTINGS } from './payment.settings.js';
import { PROMPT_SETTINGS } from './prompt.settings.js';
import { PROVENANCE_SETTINGS } from './provenance.settings.js';
import { SERVING_SETTINGS } from './serving.settings.js';
import { QUEUE_SETTINGS } from './queue.settings.js';
import { RESPONSE_CACHE_SETTINGS } from './response-cache.settings.js';
import { RETENTION_SETTINGS } from './retention.settings.js';
import { ROUTING_SETTINGS } from './routing.settings.js';
import { choice, integer, list, secret, text, url, type Setting } from './setting.js';
import { UPSTREAM_SETTINGS } from './upstream.settings.js';
import { TRY_ON_SETTINGS } from './try-on.settings.js';
import { USAGE_SETTINGS } from './usage.settings.js';
import { VENDOR_SETTINGS } from './vendor.settings.js';
import { WEBHOOK_SETTINGS } from './webhook.settings.js';

const MEBIBYTE = 1024 * 1024;

/** The only list of settings: the configuration, .env.example and docs/configuration.md come from it. */
export const SETTINGS = [
  text('HOST', '127.0.0.1', 'Address to listen on.'),
  integer('PORT', 3000, 0, 65_535, '', 'Port to listen on; 0 picks a free one.'),
  url(
    'PUBLIC_URL',
    'Origin under which callers reach the service; links are made from it, never from the Host header. Default: http://HOST:PORT.',
  ),
  list(
    'CORS_ORIGINS',
    '',
    'Origins allowed by CORS, comma-separated; `*` for any. None by default.',
  ),
  list(
    'TRUSTED_PROXIES',
    '',
    'Addresses or CIDR ranges whose X-Forwarded-For is believed. None by default.',
  ),
  choice('ROLE', 'all', ['all', 'api', 'worker'], 'What this process does.'),
  text('DATA_DIR', './data', 'Folder of the embedded database, pictures and generated secrets.'),
  secret(
    'DATABASE_URL',
    1,
    'postgres:// URL of Postgres 15 or newer. Unset: the embedded database.',
  ),
  integer(
    'DATABASE_POOL_MAX',
    10,
    2,
    200,
    'connections',
    'Most database connections of this process.',
  ),
  secret('REDIS_URL', 1, 'redis:// URL. Unset: queue and limits live in the process.'),
  text('REDIS_PREFIX', 'atelier', 'First part of every key, for installations that share a Redis.'),
  ...MEDIA_SETTINGS,
  ...LOG_SETTINGS,
  integer(
    'THROTTLE_RPM',
    6_000,
    1,
    10_000_000,
    'per minute',
    'Requests per caller over all routes.',
  ),
  integer('LOGIN_RPM', 20, 1, 100_000, 'per minute', 'Failed logins and bad keys per address.'),
  integer(
    'LOGIN_ACCOUNT_FAILURES',
    10,
    1,
    1_000_000,
    'failures',
    'Wrong passwords per account within LOGIN_ACCOUNT_WINDOW_S; three times as many within 8 such windows, nine times within 96.',
  ),
  integer(
    'LOGIN_ACCOUNT_WINDOW_S',
    900,
    10,
    86_400,
    's',
    'Over which wrong passwords of an account are counted.',
  ),
  integer(
    'SESSIONS_MAX',
    100,
    1,
    1_000,
    'sessions',
    'Open logins of a user; one more ends the oldest.',
  ),
  integer(
    'PASSWORD_LENGTH_MIN',
    12,
    12,
    64,
    'characters',
    'Shortest password that can be set. NIST SP 800-63B-4 asks 15 where it is the only factor.',
  ),
  integer(
    'PASSWORD_RESET_TTL_S',
    86_400,
    300,
    604_800,
    's',
    'How long a one-time token for a new password works.',
  ),
  url(
    'BREACHED_PASSWORDS_URL',
    'Range API of known passwords, asked with five digits of a hash: https://api.pwnedpasswords.com/range. Unset: the bundled list alone.',
  ),
  integer(
    'SYNC_WAIT_S',
    100,
    1,
    600,
    's',
    'How long a generation request waits for its result before 202.',
  ),
  integer('RUNS_MAX', 64, 1, 10_000, 'generations', 'Generations that one process runs at once.'),
  integer(
    'RUNS_WAITING_MAX',
    1_024,
    0,
    100_000,
    'generations',
    'Synchronous requests that may wait for a run; one more gets 429.',
  ),
  integer(
    'RUN_WAIT_S',
    30,
    1,
    600,
    's',
    'How long a synchronous request waits for a run to begin.',
  ),
  integer(
    'GENERATION_DEADLINE_S',
    600,
    5,
    86_400,
    's',
    'A vendor call longer than this is given up.',
  ),
  integer(
    'LEASE_S',
    30,
    2,
    3_600,
    's',
    'A run whose process has not renewed its lease for this long counts as crashed.',
  ),
  integer(
    'RECONCILE_EVERY_S',
    10,
    1,
    3_600,
    's',
    'How often a process looks for what a crash left behind.',
  ),
  integer(
    'HOLD_TTL_S',
    3_600,
    60,
    604_800,
    's',
    'A hold that nothing concluded expires after this.',
  ),
  integer(
    'SHUTDOWN_GRACE_S',
    25,
    0,
    600,
    's',
    'How long a stopping process waits for its requests and runs.',
  ),
  integer(
    'JSON_LIMIT_BYTES',
    20 * MEBIBYTE,
    1_024,
    1_024 * MEBIBYTE,
    'bytes',
    'Largest JSON body.',
  ),
  integer(
    'FILE_LIMIT_BYTES',
    20 * MEBIBYTE,
    1_024,
    1_024 * MEBIBYTE,
    'bytes',
    'Largest file of a form, largest downloaded or vendor picture.',
  ),
  integer(
    'FORM_LIMIT_BYTES',
    100 * MEBIBYTE,
    1_024,
    1_024 * MEBIBYTE,
    'bytes',
    'Largest multipart form.',
  ),
  integer('FORM_PARTS_MAX', 50, 1, 1_000, 'parts', 'Most parts of a multipart form.'),
  integer(
    'IMAGE_PIXELS_MAX',
    50_000_000,
    65_536,
    268_402_689,
    'pixels',
    'Largest picture that is decoded.',
  ),
  integer('LINK_TTL_S', 86_400, 60, 31_536_000, 's', 'How long a signed picture link works.'),
  integer(
    'IDEMPOTENCY_TTL_S',
    86_400,
    600,
    2_592_000,
    's',
    'How long an Idempotency-Key is remembered.',
  ),
  integer('ACCESS_TOKEN_TTL_S', 900, 60, 86_400, 's', 'Life of an access token.'),
  integer(
    'REFRESH_TOKEN_TTL_S',
    2_592_000,
    600,
    31_536_000,
    's',
    'Life of a refresh token, renewed at each use.',
  ),
  secret(
    'JWT_SECRET',
    32,
    'Signs access tokens. Generated under DATA_DIR when everything is embedded; required otherwise.',
  ),
  secret(
    'LINK_SECRET',
    32,
    'Signs picture links. Generated under DATA_DIR when everything is embedded; required otherwise.',
  ),
  secret(
    'ENCRYPTION_SECRET',
    32,
    'Seals the secrets kept in the database, such as client secrets of single sign-on. Generated under DATA_DIR when everything is embedded; required otherwise.',
  ),
  secret(
    'ENCRYPTION_SECRET_PREVIOUS',
    32,
    'The ENCRYPTION_SECRET before, while it is being replaced: still opens what it sealed. See `npm run secrets:rotate`.',
  ),
  list(
    'SSO_RETURN_ORIGINS',
    '',
    'Origins, besides that of PUBLIC_URL, that single sign-on may lead a browser back to. None by default.',
  ),
  text('BOOTSTRAP_ADMIN_EMAIL', 'operator@atelier.local', 'Operator made at the first start.'),
  secret(
    'BOOTSTRAP_ADMIN_PASSWORD',
    12,
    'Password of that operator; generated and printed once when unset.',
  ),
  secret('BOOTSTRAP_API_KEY', 56, 'First API key; generated and printed once when unset.'),
  integer(
    'BOOTSTRAP_CREDIT_MICROS',
    5_000_000,
    0,
    1_000_000_000_000,
    'micros',
    'Money granted to the first space.',
  ),
  ...VENDOR_SETTINGS,
  ...RETENTION_SETTINGS,
  ...WEBHOOK_SETTINGS,
  list(
    'OUTBOUND_ALLOW',
    '',
    'Hosts, host:port pairs or CIDR ranges that requests may reach although they are private.',
  ),
  list(
    'OUTBOUND_ALLOW_HOUSE',
    '',
    "The same for calls of the house's own connections alone: no connection of a space or user, and no address that a caller writes, leads there.",
  ),
  ...DELEGATED_SETTINGS,
  ...UPSTREAM_SETTINGS,
  ...ROUTING_SETTINGS,
  ...RESPONSE_CACHE_SETTINGS,
  ...INFERENCE_SETTINGS,
  ...QUEUE_SETTINGS,
  ...USAGE_SETTINGS,
  ...PAYMENT_SETTINGS,
  ...MODERATION_SETTINGS,
  ...PROMPT_SETTINGS,
  ...PROVENANCE_SETTINGS,
  ...SERVING_SETTINGS,
  ...TRY_ON_SETTINGS,
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]['name'];
