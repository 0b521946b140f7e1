import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createRemoteJWKSet, customFetch as keysFetch, type JWTPayload, jwtVerify } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  customFetch,
  discovery,
  fetchUserInfo,
  None,
} from 'openid-client';
import type { Dispatcher } from 'undici';
import { credentialsInvalid } from '../../auth/domain/auth.errors.js';
import { createGuardedDispatcher } from '../../outbound/guarded-dispatcher.js';
import { OutboundGuard } from '../../outbound/outbound-guard.js';
import { SecretBox } from '../../secrets/secret-box.js';
import { type IdentityProvider, PROVIDERS_TABLE } from '../domain/identity-provider.js';
import {
  Issuers,
  type SignInChecks,
  type Vouched,
  type VouchedToken,
} from '../domain/issuers.port.js';
import { type Claims, lacksClaims, mergeClaims, SUBJECT_LENGTH_MAX } from '../domain/profile.js';
import { providerUnavailable, providerUntrusted } from '../domain/sso.errors.js';
import { createIssuerFetch, type IssuerFetch, withQuiet } from './issuer-fetch.js';
import { isUnavailable, mapIssuerFault } from './map-issuer-fault.js';
import { IssuerShelf } from './issuer-shelf.js';

/** Signatures by a key pair alone: a shared secret, or no signature, proves nothing of an issuer. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const TOLERANCE_S = 30;
const TIMEOUT_S = 10;
const KEYS_KEPT_MS = 600_000;
/** A key that is not known makes us ask the issuer for its keys again, but not more often than this. */
const KEYS_COOLDOWN_MS = 10_000;
const CONNECTIONS_PER_ISSUER_MAX = 8;
const MILLISECONDS_PER_SECOND = 1_000;

interface KnownIssuer {
  configuration: Configuration;
  keys: ReturnType<typeof createRemoteJWKSet>;
  issuer: string;
}

/** Issuers by openid-client, their signatures by jose, both through the guarded way out. */
@Injectable()
export class OpenidIssuers extends Issuers implements OnModuleDestroy {
  private readonly dispatcher: Dispatcher;
  private readonly fetch: IssuerFetch;
  private readonly shelf = new IssuerShelf<KnownIssuer>();

  constructor(
    private readonly guard: OutboundGuard,
    private readonly box: SecretBox,
  ) {
    super();
    this.dispatcher = createGuardedDispatcher(guard, { connections: CONNECTIONS_PER_ISSUER_MAX });
    this.fetch = createIssuerFetch(guard, this.dispatcher);
  }

  async onModuleDestroy(): Promise<void> {
    await this.dispatcher.destroy();
  }

  async toAuthorizationUrl(
    provider: IdentityProvider,
    redirectUri: string,
    { state, nonce, codeVerifier }: SignInChecks,
  ): Promise<string> {
    const { configuration } = await this.get(provider);
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: provider.scopes.join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    if (url.protocol !== 'https:' && !this.guard.isListed(url)) {
      throw providerUntrusted(new Error('the authorization endpoint is without TLS'));
    }
    return url.href;
  }

  async redeem(
    provider: IdentityProvider,
    callbackUrl: URL,
    { state, nonce, codeVerifier }: SignInChecks,
  ): Promise<Vouched> {
    const known = await this.get(provider);
    const { configuration, issuer } = known;
    try {
      const tokens = await authorizationCodeGrant(configuration, callbackUrl, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const idToken = await this.verifyIdToken(provider, known, tokens.id_token ?? '');
      const claims = await completeClaims(provider, configuration, tokens.access_token, idToken);
      return { issuer, subject: toSubject(idToken), claims };
    } catch (error) {
      throw mapIssuerFault(error);
    }
  }

  async verifyToken(provider: IdentityProvider, token: string): Promise<VouchedToken> {
    const { keys, issuer } = await this.get(provider);
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience: [...provider.audiences],
        clockTolerance: TOLERANCE_S,
        requiredClaims: ['sub', 'exp'],
      });
      return {
        issuer,
        subject: toSubject(payload),
        claims: payload,
        issuedAt: payload.iat === undefined ? null : toDate(payload.iat),
        expiresAt: toDate(payload.exp ?? 0),
      };
    } catch (error) {
      throw isUnavailable(error) ? providerUnavailable(error) : credentialsInvalid(error);
    }
  }

  /** openid-client has checked its claims, and trusts the connection for the rest; the signature is checked, too. */
  private async verifyIdToken(
    provider: IdentityProvider,
    { keys, issuer }: KnownIssuer,
    token: string,
  ): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer,
      audience: provider.clientId,
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
    });
    return payload;
  }

  private async get(provider: IdentityProvider): Promise<KnownIssuer> {
    const version = `${provider.issuerUrl} ${provider.updatedAt.getTime()}`;
    try {
      return await this.shelf.get(provider.id, version, () => this.discover(provider));
    } catch (error) {
      throw mapIssuerFault(error);
    }
  }

  private async discover(provider: IdentityProvider): Promise<KnownIssuer> {
    const url = new URL(provider.issuerUrl);
    const isListed = this.guard.isListed(url);
    const fetch = withQuiet(this.fetch);
    const configuration = await discovery(
      url,
      provider.clientId,
      { [clockTolerance]: TOLERANCE_S },
      this.toClientAuth(provider),
      {
        // What is without TLS, and where that is allowed, the fetch decides for every single request.
        execute: isListed ? [allowInsecureRequests] : [],
        timeout: TIMEOUT_S,
        [customFetch]: this.fetch,
      },
    );
    const { jwks_uri: keysUri, issuer } = configuration.serverMetadata();
    if (!keysUri || !URL.canParse(keysUri)) throw new Error('the issuer names no jwks_uri');
    const keys = createRemoteJWKSet(new URL(keysUri), {
      cooldownDuration: KEYS_COOLDOWN_MS,
      cacheMaxAge: KEYS_KEPT_MS,
      timeoutDuration: TIMEOUT_S * MILLISECONDS_PER_SECOND,
      [keysFetch]: fetch,
    });
    return { configuration, keys, issuer };
  }

  /** Basic, as OpenID Connect has it by default, unless the issuer says that it takes the other way alone. */
  private toClientAuth(provider: IdentityProvider): ClientAuth {
    const { id, clientSecretSealed } = provider;
    if (clientSecretSealed === null) return None();
    const secret = this.box.open(clientSecretSealed, { table: PROVIDERS_TABLE, id });
    const basic = ClientSecretBasic(secret);
    const post = ClientSecretPost(secret);
    return (server, client, body, headers) => {
      const methods = server.token_endpoint_auth_methods_supported;
      const isBasic = !methods || methods.includes('client_secret_basic');
      return (isBasic ? basic : post)(server, client, body, headers);
    };
  }
}

/** Many issuers say little in the ID token and the rest when asked with the access token. */
async function completeClaims(
  provider: IdentityProvider,
  configuration: Configuration,
  accessToken: string,
  idToken: JWTPayload,
): Promise<Claims> {
  const hasEndpoint = configuration.serverMetadata().userinfo_endpoint !== undefined;
  if (!hasEndpoint || !lacksClaims(idToken, provider)) return idToken;
  const userinfo = await fetchUserInfo(configuration, accessToken, idToken.sub ?? '');
  return mergeClaims(idToken, userinfo);
}

function toSubject({ sub }: JWTPayload): string {
  if (
    typeof sub !== 'string' ||
    sub === '' ||
    sub.length > SUBJECT_LENGTH_MAX ||
    sub.includes('\0')
  ) {
    throw new Error('the subject is missing or too long');
  }
  return sub;
}

function toDate(seconds: number): Date {
  return new Date(seconds * MILLISECONDS_PER_SECOND);
}
