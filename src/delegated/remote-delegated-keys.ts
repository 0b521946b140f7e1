import { hash } from 'node:crypto';
import { KEY_PREFIX } from '../auth/domain/api-key.js';
import { type DelegatedCredentials, DelegatedKeys } from '../auth/domain/delegated-keys.port.js';
import type { Caller } from '../common/caller.js';
import type { Clock } from '../common/clock.js';
import { type Scope, SCOPES } from '../common/permission.js';
import type { DelegatedConfig } from '../config/app-config.js';
import type { CacheEpoch } from '../persistence/cache-epoch.js';
import type { AddressLimiter } from '../throttle/address-limiter.js';
import type { DelegatedBackend } from './delegated-backend.js';
import { isExternalId, isExternalKey } from './domain/delegated-user.js';
import type { ShadowUsersService } from './shadow-users.service.js';
import type { Verification, VerificationCache } from './verification-cache.js';

const KNOWN_MAX = 10_000;
/** Making, and nothing that shows what others of the same space made. */
const DELEGATED_SCOPES: readonly Scope[] = Object.freeze(
  SCOPES.filter((scope) => ['images.generate', 'images.edit'].includes(scope)),
);

/** Keys that a remote backend knows, not we. */
export class RemoteDelegatedKeys extends DelegatedKeys {
  readonly isOn = true;
  /** Digests that were right before. They grant nothing; they only pass the block of an address. */
  private readonly known = new Set<string>();

  constructor(
    private readonly config: Pick<DelegatedConfig, 'spaceId'>,
    private readonly parts: {
      backend: DelegatedBackend;
      shadows: ShadowUsersService;
      cache: VerificationCache;
      limiter: AddressLimiter;
      epoch: CacheEpoch;
      clock: Clock;
    },
  ) {
    super();
  }

  async verify({ userId, apiKey, address }: DelegatedCredentials): Promise<Caller | null> {
    // A key of ours is nobody else's to see.
    const isPlausible =
      isExternalId(userId) && isExternalKey(apiKey) && !apiKey.startsWith(KEY_PREFIX);
    if (!isPlausible) return this.refuse(address);
    const digest = hash('sha256', `${userId}\n${apiKey}`, 'base64');
    return this.parts.cache.get(digest, () => this.load({ userId, apiKey, address }, digest));
  }

  private async load(
    { userId: externalId, apiKey, address }: DelegatedCredentials,
    digest: string,
  ): Promise<Verification | null> {
    const { backend, shadows, limiter, epoch, clock } = this.parts;
    const isKnown = this.known.has(digest);
    if (!isKnown) await limiter.assertAllowed(address);
    const askedAtMs = clock.now().getTime();
    if (!(await backend.verify(externalId, apiKey))) {
      this.known.delete(digest);
      return this.refuse(address);
    }
    // Asked again, for guesses that were sent all at once and passed the first question together.
    if (!isKnown) await limiter.assertAllowed(address);
    const readAt = epoch.current();
    const userId = await shadows.findOrCreate(this.config.spaceId, externalId);
    if (userId === null) return this.refuse(address);
    this.remember(digest);
    return { externalId, caller: this.toCaller(userId, externalId), epoch: readAt, askedAtMs };
  }

  private async refuse(address: string): Promise<null> {
    const { limiter } = this.parts;
    await limiter.assertAllowed(address);
    await limiter.recordFailure(address);
    return null;
  }

  private toCaller(userId: string, externalId: string): Caller {
    return Object.freeze({
      kind: 'api_key' as const,
      id: userId,
      userId,
      isOperator: false,
      sessionId: null,
      boundSpaceId: this.config.spaceId,
      scopes: DELEGATED_SCOPES,
      externalId,
    });
  }

  private remember(digest: string): void {
    this.known.add(digest);
    const oldest = this.known.values().next();
    if (this.known.size > KNOWN_MAX && !oldest.done) this.known.delete(oldest.value);
  }
}
