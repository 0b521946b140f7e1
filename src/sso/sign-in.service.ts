import { Injectable } from '@nestjs/common';
import { isSameDigest, newOpaqueToken, sha256 } from '../auth/domain/opaque-token.js';
import { Clock } from '../common/clock.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { IdentityProvider } from './domain/identity-provider.js';
import { Issuers } from './domain/issuers.port.js';
import type { PendingSignIn } from './domain/sign-in.js';
import { SignInsRepository } from './domain/sign-ins.repository.port.js';
import { signInFailed } from './domain/sso.errors.js';
import { KnownProviders } from './known-providers.js';
import { ProvisioningService } from './provisioning.service.js';
import { ReturnAddresses } from './return-addresses.js';

/** How long somebody may take at the identity provider. */
export const SIGN_IN_TTL_S = 600;
/** How long the page that a sign-in ends at has for its exchange. */
export const LOGIN_CODE_TTL_S = 60;
const MILLISECONDS_PER_SECOND = 1_000;
const STATE_FORM = /^[A-Za-z0-9_-]{43}$/;

/** A sign-in that was begun: where the browser goes, and what it keeps until it is back. */
export interface BegunSignIn {
  authorizationUrl: string;
  state: string;
  /** The cookie's value: who does not have it cannot end what was begun here. */
  browserSecret: string;
}

/** A browser's journey to an identity provider and back. What it must not lose on the way is in the database. */
@Injectable()
export class SignInService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: KnownProviders,
    private readonly issuers: Issuers,
    private readonly provisioning: ProvisioningService,
    private readonly returns: ReturnAddresses,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.not_found`, `request.invalid` naming return_to, `sso.provider_unavailable` */
  async begin(slug: string, askedReturn?: string): Promise<BegunSignIn> {
    const returnTo = this.returns.resolve(askedReturn);
    const provider = await this.providers.getBySlug(slug);
    const state = newOpaqueToken();
    const browserSecret = newOpaqueToken();
    const checks = { state, nonce: newOpaqueToken(), codeVerifier: newOpaqueToken() };
    const callbackUrl = this.providers.toCallbackUrl(provider);
    const authorizationUrl = await this.issuers.toAuthorizationUrl(provider, callbackUrl, checks);
    const now = this.clock.now();
    const { nonce, codeVerifier } = checks;
    await this.unitOfWork.run((scope) =>
      scope.get(SignInsRepository).add(
        {
          stateHash: sha256(state),
          providerId: provider.id,
          browserHash: sha256(browserSecret),
          nonce,
          codeVerifier,
          returnTo,
          expiresAt: toEnd(now, SIGN_IN_TTL_S),
        },
        now,
      ),
    );
    return { authorizationUrl, state, browserSecret };
  }

  /**
   * Ends what `begin` began, and answers where the browser goes on with its login code.
   * @param query of the callback, as it was sent
   * @throws DomainError `sso.sign_in_failed`, `sso.refused`, `sso.provider_failed`, `sso.provider_unavailable`
   */
  async finish(
    slug: string,
    query: URLSearchParams,
    browserSecret: string | null,
  ): Promise<string> {
    const provider = await this.providers.getBySlug(slug);
    const state = query.get('state') ?? '';
    const pending = await this.take(provider, state, browserSecret);
    if (!query.has('code') && !query.has('error')) throw this.fail('answer_malformed', provider);
    const callbackUrl = new URL(this.providers.toCallbackUrl(provider));
    callbackUrl.search = query.toString();
    const { nonce, codeVerifier } = pending;
    const vouched = await this.issuers.redeem(provider, callbackUrl, {
      state,
      nonce,
      codeVerifier,
    });
    const code = newOpaqueToken();
    const now = this.clock.now();
    await this.provisioning.admit(
      { provider, vouched, isWithoutGroupsNone: true },
      (scope, userId) =>
        scope.get(SignInsRepository).addCode(
          {
            codeHash: sha256(code),
            userId,
            providerId: provider.id,
            expiresAt: toEnd(now, LOGIN_CODE_TTL_S),
          },
          now,
        ),
    );
    return withCode(pending.returnTo, code);
  }

  /** The state works once, whatever else is wrong: the second to come with it is a stranger. */
  private async take(
    provider: IdentityProvider,
    state: string,
    browserSecret: string | null,
  ): Promise<PendingSignIn> {
    const pending = STATE_FORM.test(state)
      ? await this.unitOfWork.run((scope) =>
          scope.get(SignInsRepository).take(sha256(state), this.clock.now()),
        )
      : null;
    if (!pending) throw this.fail('state_unknown', provider);
    if (pending.providerId !== provider.id) throw this.fail('provider_changed', provider);
    if (!browserSecret || !isSameDigest(sha256(browserSecret), pending.browserHash)) {
      throw this.fail('browser_changed', provider);
    }
    return pending;
  }

  private fail(reason: Parameters<typeof signInFailed>[0], provider: IdentityProvider): Error {
    return signInFailed(reason, this.providers.toStartUrl(provider));
  }
}

function toEnd(start: Date, ttlS: number): Date {
  return new Date(start.getTime() + ttlS * MILLISECONDS_PER_SECOND);
}

function withCode(returnTo: string, code: string): string {
  const url = new URL(returnTo);
  url.searchParams.set('code', code);
  return url.href;
}
