import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import type { AccessClaims } from './domain/access-claims.js';
import { sessionEnded } from './domain/auth.errors.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';

const SESSIONS_CACHED_MAX = 10_000;

interface VerifiedSession {
  userVersion: number;
  caller: Caller;
}

/** Whether the session an access token speaks of is still open, and its user still the same. */
@Injectable()
export class SessionVerifier {
  private readonly cache: EpochCache<VerifiedSession>;

  constructor(
    private readonly credentials: CredentialsReader,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: SESSIONS_CACHED_MAX });
  }

  /**
   * @param claims of a token whose signature was checked
   * @throws DomainError `auth.credentials_invalid`
   */
  async verify(claims: AccessClaims): Promise<Caller> {
    const { caller, userVersion } = await this.cache.get(claims.sid, () => this.load(claims.sid));
    if (caller.userId !== claims.sub || userVersion !== claims.ver) throw sessionEnded();
    return caller;
  }

  /** Throws for a closed session, so that the cache holds open ones alone. */
  private async load(sessionId: string): Promise<VerifiedSession> {
    const live = await this.credentials.findLiveSession(sessionId);
    if (!live) throw sessionEnded();
    const caller: Caller = Object.freeze({
      kind: 'user' as const,
      id: live.userId,
      userId: live.userId,
      isOperator: live.isOperator,
      sessionId,
      boundSpaceId: null,
      scopes: null,
    });
    return { caller, userVersion: live.userVersion };
  }
}
