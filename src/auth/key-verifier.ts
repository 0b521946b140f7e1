import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Caller, RateLimit } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { isOperatorScope } from '../common/permission.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { findLookupId, type KeyRestrictions, type StoredKey } from './domain/api-key.js';
import {
  credentialsInvalid,
  keyExpired,
  keyInactive,
  keyRestricted,
} from './domain/auth.errors.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { isSameDigest, sha256 } from './domain/opaque-token.js';
import { KeyGate } from './key-gate.js';
import { KeyUsageRecorder } from './key-usage.recorder.js';

const KEYS_CACHED_MAX = 10_000;
const KEYS_KNOWN_MAX = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Compared with when no row is found, so that an unknown lookup id takes no less work. */
const NO_DIGEST = Buffer.alloc(32);

interface PresentedKey {
  digest: string;
  lookupId: string;
  key: string;
  address: string;
}

/** From where a key is used, and for what. */
export interface KeyUse {
  /** The client's address. */
  address: string;
  /** The pattern of the route asked for; without one, a key that is held to some is refused. */
  route?: string;
}

interface VerifiedKey {
  /** When the key or this secret of it ends; infinite for never. */
  expiresAtMs: number;
  isActive: boolean;
  gate: KeyGate;
  caller: Caller;
}

/** Whether a presented text is one of our API keys. */
@Injectable()
export class KeyVerifier {
  private readonly cache: EpochCache<VerifiedKey>;
  /** Digests of keys that were right before. They grant nothing; they only pass the block of an address. */
  private readonly known = new Set<string>();

  constructor(
    private readonly credentials: CredentialsReader,
    private readonly usage: KeyUsageRecorder,
    private readonly limiter: AddressLimiter,
    private readonly clock: Clock,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: KEYS_CACHED_MAX });
  }

  /**
   * Known keys are found by the digest of the whole key, without a query; nothing is kept of wrong ones.
   * @throws DomainError `auth.credentials_invalid`, `auth.key_inactive`, `auth.key_expired`, `auth.key_restricted`,
   * `auth.login_throttled`
   */
  async verify(key: string, { address, route = '' }: KeyUse): Promise<Caller> {
    const lookupId = findLookupId(key);
    if (lookupId === null) throw credentialsInvalid();
    const digest = hash('sha256', key, 'base64');
    const load = () => this.load({ digest, lookupId, key, address });
    const { caller, expiresAtMs, isActive, gate } = await this.cache.get(digest, load);
    if (!isActive) throw keyInactive();
    if (expiresAtMs <= this.clock.now().getTime()) throw keyExpired();
    if (!gate.admits(address, route)) throw keyRestricted();
    this.usage.touch(caller.id);
    return caller;
  }

  /** Caches empty with every change of rights; a caller who was right before is asked about all the same. */
  private async load({ digest, lookupId, key, address }: PresentedKey): Promise<VerifiedKey> {
    const isKnown = this.known.delete(digest);
    if (!isKnown) await this.limiter.assertAllowed(address);
    const stored = await this.credentials.findKey(lookupId);
    const isSame = isSameDigest(stored?.keyHash ?? NO_DIGEST, sha256(key));
    if (!stored || !isSame) throw credentialsInvalid();
    this.remember(digest);
    return {
      expiresAtMs: Math.min(toEndMs(stored.expiresAt), toEndMs(stored.secretExpiresAt)),
      isActive: stored.isActive,
      gate: new KeyGate(stored),
      caller: toCaller(stored),
    };
  }

  private remember(digest: string): void {
    this.known.add(digest);
    if (this.known.size <= KEYS_KNOWN_MAX) return;
    const oldest = this.known.keys().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }
}

function toEndMs(endsAt: Date | null): number {
  return endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Scopes of operators count only while the key's user is one. */
function toCaller(key: StoredKey): Caller {
  const scopes = key.scopes.filter((scope) => key.isOperators || !isOperatorScope(scope));
  return Object.freeze({
    kind: 'api_key' as const,
    id: key.id,
    userId: key.userId,
    isOperator: false,
    sessionId: null,
    boundSpaceId: key.searchSpaceId,
    scopes: Object.freeze(scopes),
    allowedModels: Object.freeze([...key.allowedModels]),
    rateLimits: Object.freeze(toRateLimits(key)),
  });
}

/** The limits that are set, the shortest window first. */
export function toRateLimits(key: KeyRestrictions): RateLimit[] {
  const limits: [number, number | null][] = [
    [MINUTE_MS, key.rateLimitPerMinute],
    [HOUR_MS, key.rateLimitPerHour],
    [DAY_MS, key.rateLimitPerDay],
  ];
  return limits.flatMap(([windowMs, limit]) => (limit === null ? [] : [{ windowMs, limit }]));
}
