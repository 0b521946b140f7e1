import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { findLookupId, type StoredKey } from './domain/api-key.js';
import { credentialsInvalid, keyExpired } from './domain/auth.errors.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { isSameDigest, sha256 } from './domain/opaque-token.js';
import { KeyUsageRecorder } from './key-usage.recorder.js';

const KEYS_CACHED_MAX = 10_000;
const KEYS_KNOWN_MAX = 10_000;
/** Compared with when no row is found, so that an unknown lookup id takes no less work. */
const NO_DIGEST = Buffer.alloc(32);

interface PresentedKey {
  digest: string;
  lookupId: string;
  key: string;
  address: string;
}

interface VerifiedKey {
  expiresAtMs: number | null;
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
   * @throws DomainError `auth.credentials_invalid`, `auth.key_expired`, `auth.login_throttled`
   */
  async verify(key: string, address: string): Promise<Caller> {
    const lookupId = findLookupId(key);
    if (lookupId === null) throw credentialsInvalid();
    const digest = hash('sha256', key, 'base64');
    const load = () => this.load({ digest, lookupId, key, address });
    const { caller, expiresAtMs } = await this.cache.get(digest, load);
    if (expiresAtMs !== null && expiresAtMs <= this.clock.now().getTime()) throw keyExpired();
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
    return { expiresAtMs: stored.expiresAt?.getTime() ?? null, caller: toCaller(stored) };
  }

  private remember(digest: string): void {
    this.known.add(digest);
    if (this.known.size <= KEYS_KNOWN_MAX) return;
    const oldest = this.known.keys().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }
}

function toCaller(key: StoredKey): Caller {
  return Object.freeze({
    kind: 'api_key' as const,
    id: key.id,
    userId: key.userId,
    isOperator: false,
    sessionId: null,
    boundSpaceId: key.searchSpaceId,
    scopes: Object.freeze([...key.scopes]),
  });
}
