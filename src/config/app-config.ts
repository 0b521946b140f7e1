import type { MediaConfig } from './media-config.js';
import type { PromptsConfig } from './prompts-config.js';
import type { ProvenanceConfig } from './provenance-config.js';
import type { RetentionConfig } from './retention-config.js';
import type { ServingConfig } from './serving-config.js';

export type Role = 'all' | 'api' | 'worker';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** The whole configuration: validated, complete, frozen. Class and injection token. */
export abstract class AppConfig {
  abstract readonly role: Role;
  abstract readonly dataDir: string;
  abstract readonly http: HttpConfig;
  abstract readonly log: LogConfig;
  abstract readonly database: DatabaseConfig;
  abstract readonly queue: QueueConfig;
  abstract readonly media: MediaConfig;
  abstract readonly auth: AuthConfig;
  abstract readonly limits: LimitsConfig;
  abstract readonly generations: GenerationsConfig;
  abstract readonly bootstrap: BootstrapConfig;
  abstract readonly vendors: VendorsConfig;
  abstract readonly routing: RoutingConfig;
  abstract readonly outbound: OutboundConfig;
  /** Null: there are no delegated accounts. */
  abstract readonly delegated: DelegatedConfig | null;
  abstract readonly payments: PaymentsConfig;
  abstract readonly usage: UsageConfig;
  abstract readonly upstream: UpstreamConfig;
  abstract readonly inference: InferenceConfig;
  abstract readonly responseCache: ResponseCacheConfig;
  abstract readonly secrets: SecretsConfig;
  abstract readonly sso: SsoConfig;
  abstract readonly moderation: ModerationConfig;
  abstract readonly prompts: PromptsConfig;
  abstract readonly provenance: ProvenanceConfig;
  abstract readonly serving: ServingConfig;
  abstract readonly webhooks: WebhooksConfig;
  abstract readonly retention: RetentionConfig;
  abstract readonly tryOn: TryOnConfig;
}

export interface HttpConfig {
  host: string;
  port: number;
  /** Null: derived from host and the port that was bound. */
  publicUrl: string | null;
  corsOrigins: readonly string[];
  trustedProxies: readonly string[];
  jsonLimitBytes: number;
  fileLimitBytes: number;
  formLimitBytes: number;
  formPartsMax: number;
  shutdownGraceS: number;
}

export interface LogConfig {
  level: LogLevel;
  file: string | null;
}

export interface DatabaseConfig {
  kind: 'embedded' | 'postgres';
  /** postgres:// URL, for `postgres`. */
  url: string | null;
  /** Folder, for `embedded`. */
  dir: string;
  poolMax: number;
}

export interface QueueConfig {
  kind: 'in_process' | 'bull';
  redisUrl: string | null;
  /** First part of every key on Redis. */
  redisPrefix: string;
}

export interface AuthConfig {
  jwtSecret: string;
  accessTokenTtlS: number;
  refreshTokenTtlS: number;
  sessionsMax: number;
  passwordLengthMin: number;
  passwordResetTtlS: number;
  /** Null: only the bundled list of common passwords. */
  breachedPasswordsUrl: string | null;
  accountFailuresMax: number;
  accountWindowS: number;
}

export interface LimitsConfig {
  requestsPerMinute: number;
  loginsPerMinute: number;
  runsMax: number;
  runsWaitingMax: number;
  runWaitS: number;
}

export interface GenerationsConfig {
  syncWaitS: number;
  deadlineS: number;
  leaseS: number;
  reconcileEveryS: number;
  holdTtlS: number;
  idempotencyTtlS: number;
  jobs: JobsConfig;
}

/** What waits for a run, and who watches it. */
export interface JobsConfig {
  queuedPerSpaceMax: number;
  queuedMax: number;
  /** Runs of this process that queued generations of one space are given while others wait, ≥ 1. */
  runsPerSpaceMax: number;
  listenersMax: number;
  listenersPerCallerMax: number;
  deadLettersMax: number;
}

export interface TryOnConfig {
  isConsentRequired: boolean;
  /** Of one user of one caller. */
  requestsPerMinute: number;
}

export interface BootstrapConfig {
  adminEmail: string;
  adminPassword: string | null;
  apiKey: string | null;
  creditMicros: number;
}

/** Vendors that the settings can give an account with, in the order in which they are offered. */
export const VENDOR_NAMES = [
  'openai',
  'gemini',
  'vertex',
  'stability',
  'bfl',
  'replicate',
  'fal',
  'fashn',
  'leonardo',
  'runware',
  'comfyui',
  'ollama',
  'anthropic',
] as const;
export type VendorName = (typeof VENDOR_NAMES)[number];

export interface VendorsConfig {
  defaultProvider: string;
  /** Null = not set. */
  accounts: Readonly<Record<VendorName, VendorConfig | null>>;
}

export interface VendorConfig {
  /** Null = the server asks for none. */
  apiKey: string | null;
  baseUrl: string;
}

/** How a model and its connection are chosen. */
export interface RoutingConfig {
  /** Candidates after the first. */
  retriesMax: number;
  /** How long a caller's list of models is good while nothing changes. */
  modelsCacheS: number;
}

/** Answers that are kept for spaces. */
export interface ResponseCacheConfig {
  /** Of all answers that one process holds. */
  bytesMax: number;
}

/** From which risk prompts are refused, and from which they are noted: whole percent; null = never. */
export interface ModerationConfig {
  blockPercent: number | null;
  warnPercent: number | null;
}

/** How credit is bought. */
export interface PaymentsConfig {
  /** Lower-case. */
  currency: string;
  /** Price of one unit in the smallest unit of the currency. */
  unitMinor: number;
  /** Where people come back to; null: PUBLIC_URL. */
  returnUrl: string | null;
  /** Null: operators alone grant credit. */
  stripe: StripeConfig | null;
}

export interface StripeConfig {
  secretKey: string;
  webhookSecret: string;
  /** Origin of a proxy or simulator; null: Stripe's own. */
  baseUrl: string | null;
}

/** How long usage is kept, and when spending is out of the ordinary. */
export interface UsageConfig {
  rowsDays: number;
  keysDays: number;
  dailyDays: number;
  anomalyFactorPercent: number;
  anomalyFloorMicros: number;
}

/** What spaces have sent to addresses of their own. */
export interface WebhooksConfig {
  perSpaceMax: number;
  /** Of the receiver. */
  timeoutS: number;
  /** Sent at once by one process. */
  concurrencyMax: number;
  logDays: number;
}

/** Calls for text. */
export interface InferenceConfig {
  deadlineS: number;
  /** Of an answer, set aside at a time. */
  heldOutputTokens: number;
  /** Of an answer that is no stream and whose length was left open, at most. */
  wholeOutputTokens: number;
  pingS: number;
}

/** How much is called at once, and how long failing connections are left out. */
export interface UpstreamConfig {
  callerSlots: WaitConfig & { slotsMax: number };
  connectionWait: WaitConfig;
  stickyWait: WaitConfig;
  repeatsMax: number;
  poolRepeatsMax: number;
  breakerFailures: number;
  breakerOpenS: number;
  cooldowns: CooldownConfig;
  statisticsDays: number;
  dailyDays: number;
}

export interface WaitConfig {
  waitersMax: number;
  waitS: number;
}

export interface CooldownConfig {
  credentialS: number;
  rateLimitedS: number;
  overloadedS: number;
  modelS: number;
  /** Bounds the others, but for the credential's, where there is no other connection. */
  aloneS: number;
}

export interface SecretsConfig {
  /** Seals what is stored. */
  encryptionSecret: string;
  /** Still opens what was sealed before; null when nothing is being replaced. */
  encryptionSecretPrevious: string | null;
}

export interface SsoConfig {
  /** Origins that a sign-in may lead back to, besides our own. */
  returnOrigins: readonly string[];
}

export interface OutboundConfig {
  /** Hosts, host:port pairs, addresses or CIDR ranges that may be reached although they are private. */
  allow: readonly string[];
  /** The same, for calls of the house's own connections alone. */
  allowForHouse: readonly string[];
}

/** The remote backend of delegated accounts. */
export interface DelegatedConfig {
  /** Base URL, without a slash at the end. */
  url: string;
  secret: string;
  /** The space its users act in, which pays. */
  spaceId: string;
  needsSignedReplies: boolean;
  /** Of one call. */
  timeoutMs: number;
  retryDelayMs: number;
  callsMax: number;
  cacheMs: number;
  breakerFaultsMax: number;
  breakerOpenMs: number;
}
