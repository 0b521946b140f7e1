import { Injectable } from '@nestjs/common';
import { credentialsInvalid } from '../auth/domain/auth.errors.js';
import { ExternalTokens } from '../auth/domain/external-tokens.port.js';
import { sha256 } from '../auth/domain/opaque-token.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { IdentitiesReader, type LinkedUser } from './domain/identities.reader.port.js';
import type { IdentityProvider } from './domain/identity-provider.js';
import { Issuers, type VouchedToken } from './domain/issuers.port.js';
import { signInRefused } from './domain/sso.errors.js';
import { KnownProviders } from './known-providers.js';
import { ProvisioningService } from './provisioning.service.js';

const TOKENS_CACHED_MAX = 10_000;
/** Providers with one issuer, each with its own audiences. */
const PROVIDERS_TRIED_MAX = 5;

interface VerifiedToken {
  caller: Caller;
  expiresAt: Date;
}

/** Access tokens of the identity providers' issuers, for who has `audiences` set. */
@Injectable()
export class ExternalTokenVerifier extends ExternalTokens {
  private readonly cache: EpochCache<VerifiedToken>;

  constructor(
    private readonly providers: KnownProviders,
    private readonly issuers: Issuers,
    private readonly identities: IdentitiesReader,
    private readonly provisioning: ProvisioningService,
    private readonly clock: Clock,
    epoch: CacheEpoch,
  ) {
    super();
    this.cache = new EpochCache(epoch, { entriesMax: TOKENS_CACHED_MAX });
  }

  async verify(token: string, issuer: string): Promise<Caller> {
    const key = sha256(token).toString('base64url');
    const { caller, expiresAt } = await this.cache.get(key, () => this.load(token, issuer));
    // What is kept outlives no token: the tolerance for clocks was for its first use.
    if (expiresAt <= this.clock.now()) throw credentialsInvalid(new ExternalTokenExpiredError());
    return caller;
  }

  private async load(token: string, issuer: string): Promise<VerifiedToken> {
    const candidates = await this.providers.listTokenIssuers(issuer);
    let refusal: unknown = credentialsInvalid();
    for (const provider of candidates.slice(0, PROVIDERS_TRIED_MAX)) {
      try {
        return await this.admit(provider, await this.issuers.verifyToken(provider, token));
      } catch (error) {
        if (!isInvalid(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  private async admit(provider: IdentityProvider, vouched: VouchedToken): Promise<VerifiedToken> {
    const { issuer, subject } = vouched;
    const linked = await this.identities.find(provider.id, issuer, subject);
    if (linked) await this.assertWelcome(provider, linked);
    const isNews = linked === null || tellsNewGroups(provider, vouched, linked.lastLoginAt);
    const userId = isNews
      ? await this.provisioning.admit({ provider, vouched, isWithoutGroupsNone: false })
      : linked.userId;
    return { caller: toCaller(userId), expiresAt: vouched.expiresAt };
  }

  private async assertWelcome(provider: IdentityProvider, linked: LinkedUser): Promise<void> {
    if (!linked.isActive) throw signInRefused('account_disabled');
    const forced = await this.providers.findForced(linked.email);
    if (forced && forced.id !== provider.id) throw signInRefused('email_of_other_provider');
  }
}

/** A token's groups count once, if they were told after what is known. */
function tellsNewGroups(
  { groupsClaim }: IdentityProvider,
  { claims, issuedAt }: VouchedToken,
  lastLoginAt: Date,
): boolean {
  const hasGroups = groupsClaim !== null && claims[groupsClaim] !== undefined;
  return hasGroups && issuedAt !== null && issuedAt > lastLoginAt;
}

/** A user without a session, and never an operator: somebody else's token runs no installation. */
function toCaller(userId: string): Caller {
  return Object.freeze({
    kind: 'user' as const,
    id: userId,
    userId,
    isOperator: false,
    sessionId: null,
    boundSpaceId: null,
    scopes: null,
  });
}

function isInvalid(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'auth.credentials_invalid';
}

/** Named as jsonwebtoken names it, so that it counts as no guess. */
class ExternalTokenExpiredError extends Error {
  override readonly name = 'TokenExpiredError';
}
