import { join, resolve } from 'node:path';
import type { AppConfig, LogLevel, Role } from './app-config.js';
import { ConfigError } from './config.errors.js';
import { type Environment, readSettings, type SettingValues } from './read-settings.js';
import { readOrCreateSecret } from './secret-files.js';
import { checkDelegated, toDelegated } from './to-delegated.js';
import { toJobs } from './to-jobs.js';
import { checkMedia, toMedia } from './to-media.js';
import { checkModeration, toModeration } from './to-moderation.js';
import { checkProvenance, toProvenance } from './to-provenance.js';
import { toServing } from './to-serving.js';
import { checkPayments, toPayments } from './to-payments.js';
import { checkRetention, toRetention } from './retention-config.js';
import { toUpstream } from './to-upstream.js';
import { checkVendors, toVendors } from './to-vendors.js';

const API_KEY_FORM = /^atl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/;

/**
 * The environment as one frozen configuration.
 * @throws ConfigError with all faults at once.
 */
export function loadConfig(environment: Environment = process.env): AppConfig {
  const faults: string[] = [];
  const values = readSettings(environment, faults);
  checkTogether(values, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(assemble(values));
}

/** What a large part needs beside it; the embedded set needs nothing. */
function checkTogether(values: SettingValues, faults: string[]): void {
  checkLargeSet(values, faults);
  checkMedia(values, faults);
  checkDelegated(values, faults);
  checkPayments(values, faults);
  checkModeration(values, faults);
  checkProvenance(values, faults);
  checkRetention(values, faults);
  checkReturnOrigins(values, faults);
  checkUrlScheme(values, 'DATABASE_URL', ['postgres:', 'postgresql:'], faults);
  checkUrlScheme(values, 'REDIS_URL', ['redis:', 'rediss:'], faults);
  checkVendors(values, faults);
  const key = values.BOOTSTRAP_API_KEY;
  if (key && !API_KEY_FORM.test(String(key))) {
    faults.push('BOOTSTRAP_API_KEY must be atl_ + 8 of a-z2-7 + _ + 43 of A-Za-z0-9_-');
  }
}

function checkLargeSet(values: SettingValues, faults: string[]): void {
  if (values.ROLE !== 'all') {
    for (const name of ['DATABASE_URL', 'REDIS_URL'] as const) {
      if (!values[name]) faults.push(`ROLE=${String(values.ROLE)} needs ${name}`);
    }
  }
  if (values.REDIS_URL && !values.DATABASE_URL) {
    faults.push('REDIS_URL needs DATABASE_URL: many processes cannot share the embedded database');
  }
  if (!values.DATABASE_URL) return;
  for (const name of ['JWT_SECRET', 'LINK_SECRET', 'ENCRYPTION_SECRET'] as const) {
    if (!values[name]) faults.push(`DATABASE_URL needs ${name}, the same in every process`);
  }
}

/** An origin and nothing more: `*` or a path would let a sign-in end anywhere. */
function checkReturnOrigins(values: SettingValues, faults: string[]): void {
  for (const origin of values.SSO_RETURN_ORIGINS as readonly string[]) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    faults.push(`SSO_RETURN_ORIGINS: "${origin}" is no origin such as https://app.example.com`);
  }
}

function checkUrlScheme(
  values: SettingValues,
  name: 'DATABASE_URL' | 'REDIS_URL',
  schemes: readonly string[],
  faults: string[],
): void {
  const value = values[name];
  if (value === null) return;
  const text = String(value);
  if (!URL.canParse(text) || !schemes.includes(new URL(text).protocol)) {
    faults.push(`${name} must be a ${schemes[0]}// URL`);
  }
}

function assemble(values: SettingValues): AppConfig {
  const dataDir = resolve(String(values.DATA_DIR));
  return {
    role: values.ROLE as Role,
    dataDir,
    http: toHttp(values),
    log: { level: values.LOG_LEVEL as LogLevel, file: values.LOG_FILE as string | null },
    database: {
      kind: values.DATABASE_URL ? 'postgres' : 'embedded',
      url: values.DATABASE_URL as string | null,
      dir: join(dataDir, 'database'),
      poolMax: values.DATABASE_POOL_MAX as number,
    },
    queue: {
      kind: values.REDIS_URL ? 'bull' : 'in_process',
      redisUrl: values.REDIS_URL as string | null,
      redisPrefix: values.REDIS_PREFIX as string,
    },
    media: toMedia(values, dataDir),
    auth: toAuth(values, dataDir),
    ...toBounds(values),
    bootstrap: {
      adminEmail: values.BOOTSTRAP_ADMIN_EMAIL as string,
      adminPassword: values.BOOTSTRAP_ADMIN_PASSWORD as string | null,
      apiKey: values.BOOTSTRAP_API_KEY as string | null,
      creditMicros: values.BOOTSTRAP_CREDIT_MICROS as number,
    },
    vendors: toVendors(values),
    routing: {
      retriesMax: values.ROUTING_RETRIES_MAX as number,
      modelsCacheS: values.MODELS_CACHE_S as number,
    },
    outbound: {
      allow: values.OUTBOUND_ALLOW as readonly string[],
      allowForHouse: values.OUTBOUND_ALLOW_HOUSE as readonly string[],
    },
    delegated: toDelegated(values),
    payments: toPayments(values),
    usage: toUsage(values),
    upstream: toUpstream(values),
    responseCache: { bytesMax: values.RESPONSE_CACHE_BYTES as number },
    inference: {
      deadlineS: values.INFERENCE_DEADLINE_S as number,
      heldOutputTokens: values.INFERENCE_HELD_OUTPUT_TOKENS as number,
      wholeOutputTokens: values.INFERENCE_WHOLE_OUTPUT_TOKENS as number,
      pingS: values.STREAM_PING_S as number,
    },
    secrets: {
      encryptionSecret:
        (values.ENCRYPTION_SECRET as string | null) ?? readOrCreateSecret(dataDir, 'encryption'),
      encryptionSecretPrevious: values.ENCRYPTION_SECRET_PREVIOUS as string | null,
    },
    moderation: toModeration(values),
    prompts: {
      optimizerModel: values.PROMPT_OPTIMIZER_MODEL as string,
      optimizerTimeoutS: values.PROMPT_OPTIMIZER_TIMEOUT_S as number,
    },
    provenance: toProvenance(values, dataDir),
    serving: toServing(values, dataDir),
    tryOn: {
      isConsentRequired: values.TRY_ON_CONSENT === 'required',
      requestsPerMinute: values.TRY_ON_RPM as number,
    },
    webhooks: toWebhooks(values),
    retention: toRetention(values),
    sso: { returnOrigins: values.SSO_RETURN_ORIGINS as readonly string[] },
  };
}

function toHttp(values: SettingValues): AppConfig['http'] {
  return {
    host: values.HOST as string,
    port: values.PORT as number,
    publicUrl: values.PUBLIC_URL as string | null,
    corsOrigins: values.CORS_ORIGINS as readonly string[],
    trustedProxies: values.TRUSTED_PROXIES as readonly string[],
    jsonLimitBytes: values.JSON_LIMIT_BYTES as number,
    fileLimitBytes: values.FILE_LIMIT_BYTES as number,
    formLimitBytes: values.FORM_LIMIT_BYTES as number,
    formPartsMax: values.FORM_PARTS_MAX as number,
    shutdownGraceS: values.SHUTDOWN_GRACE_S as number,
  };
}

function toAuth(values: SettingValues, dataDir: string): AppConfig['auth'] {
  return {
    jwtSecret: (values.JWT_SECRET as string | null) ?? readOrCreateSecret(dataDir, 'jwt'),
    accessTokenTtlS: values.ACCESS_TOKEN_TTL_S as number,
    refreshTokenTtlS: values.REFRESH_TOKEN_TTL_S as number,
    sessionsMax: values.SESSIONS_MAX as number,
    passwordLengthMin: values.PASSWORD_LENGTH_MIN as number,
    passwordResetTtlS: values.PASSWORD_RESET_TTL_S as number,
    breachedPasswordsUrl: values.BREACHED_PASSWORDS_URL as string | null,
    accountFailuresMax: values.LOGIN_ACCOUNT_FAILURES as number,
    accountWindowS: values.LOGIN_ACCOUNT_WINDOW_S as number,
  };
}

function toBounds(values: SettingValues): Pick<AppConfig, 'limits' | 'generations'> {
  return {
    limits: {
      requestsPerMinute: values.THROTTLE_RPM as number,
      loginsPerMinute: values.LOGIN_RPM as number,
      runsMax: values.RUNS_MAX as number,
      runsWaitingMax: values.RUNS_WAITING_MAX as number,
      runWaitS: values.RUN_WAIT_S as number,
    },
    generations: {
      syncWaitS: values.SYNC_WAIT_S as number,
      deadlineS: values.GENERATION_DEADLINE_S as number,
      leaseS: values.LEASE_S as number,
      reconcileEveryS: values.RECONCILE_EVERY_S as number,
      holdTtlS: values.HOLD_TTL_S as number,
      idempotencyTtlS: values.IDEMPOTENCY_TTL_S as number,
      jobs: toJobs(values),
    },
  };
}

function toWebhooks(values: SettingValues): AppConfig['webhooks'] {
  return {
    perSpaceMax: values.WEBHOOKS_PER_SPACE_MAX as number,
    timeoutS: values.WEBHOOK_TIMEOUT_S as number,
    concurrencyMax: values.WEBHOOK_CONCURRENCY as number,
    logDays: values.WEBHOOK_LOG_DAYS as number,
  };
}

function toUsage(values: SettingValues): AppConfig['usage'] {
  return {
    rowsDays: values.USAGE_ROWS_DAYS as number,
    keysDays: values.USAGE_KEYS_DAYS as number,
    dailyDays: values.USAGE_DAILY_DAYS as number,
    anomalyFactorPercent: values.SPEND_ANOMALY_FACTOR_PERCENT as number,
    anomalyFloorMicros: values.SPEND_ANOMALY_FLOOR_MICROS as number,
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
