import { createHash } from 'node:crypto';
import { type CryptoKey, importPKCS8, SignJWT } from 'jose';
import type { Clock } from '../../common/clock.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { untilAborted } from './map-abort.js';
import type { ProviderExchange, ProviderHttp } from './provider-http.js';
import { toRecord, toText } from './read-json.js';
import { requestJson } from './request-json.js';

/** A service account as an access token is asked for with it. */
export interface GoogleServiceAccount {
  clientEmail: string;
  /** PKCS #8 in PEM. */
  privateKey: string;
  /** Absent = not said. */
  privateKeyId?: string;
  /** Where the token comes from. Whoever makes this has checked that it may be asked. */
  tokenUrl: string;
}

export interface GoogleAccessToken {
  token: string;
  /** Whether it was there before: the vendor may have withdrawn it since. */
  isCached: boolean;
}

/** Why there is no token. Its message holds nothing of the key; `cause` is what the exchange threw. */
export class TokenExchangeError extends Error {
  override readonly name = 'TokenExchangeError';

  constructor(
    override readonly cause: unknown,
    readonly exchange: ProviderExchange,
  ) {
    super('no access token', { cause });
  }
}

const ALGORITHM = 'RS256';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const MS_PER_S = 1_000;
const ASSERTION_S = 3_600;
/** The vendor's longest; an answer that says more is not believed. */
const TOKEN_S_MAX = 43_200;
const TOKEN_CHARS_MAX = 8_192;
/** A token is not used in its last seconds: it would end on the way. */
const MARGIN_MS = 60_000;
/** One exchange serves all who wait for it, so that it has a deadline of its own. */
const EXCHANGE_TIMEOUT_MS = 30_000;
/** Credentials whose tokens are kept; the one used least recently goes first. */
const KEPT_MAX = 500;

interface Entry {
  work: Promise<Kept>;
  kept: Kept | null;
}

interface Kept {
  token: string;
  usableUntilMs: number;
}

/**
 * Access tokens of Google's service accounts, got with a signed assertion (RFC 7523) and kept in memory until shortly
 * before they end. The one place of the providers that keeps something between calls: tokens by the SHA-256 of all that
 * they were asked for with, so that nobody gets one without the same key in hand. Never a key, and never on a disk.
 * Source: developers.google.com/identity/protocols/oauth2/service-account, read 2026-11.
 */
export class GoogleAccessTokens {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  /** How many credentials have one at the moment. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * Those who ask at the same time share one exchange.
   * @param refused a token that the vendor did not take, though it was kept: it is never given out again
   * @throws TokenExchangeError; TypeError, safe to show, when the private key is none; the signal's reason
   */
  async get(
    account: GoogleServiceAccount,
    signal: AbortSignal,
    refused: string | null = null,
  ): Promise<GoogleAccessToken> {
    signal.throwIfAborted();
    const id = toId(account);
    const entry = this.entries.get(id);
    this.entries.delete(id);
    if (entry && (entry.kept === null || this.isUsable(entry.kept, refused))) {
      this.entries.set(id, entry);
      const isCached = entry.kept !== null;
      return { token: (await untilAborted(entry.work, signal)).token, isCached };
    }
    return { token: (await untilAborted(this.begin(id, account), signal)).token, isCached: false };
  }

  private isUsable({ token, usableUntilMs }: Kept, refused: string | null): boolean {
    return token !== refused && this.clock.now().getTime() < usableUntilMs;
  }

  private begin(id: string, account: GoogleServiceAccount): Promise<Kept> {
    const entry: Entry = { work: this.exchange(account), kept: null };
    this.entries.set(id, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > KEPT_MAX && oldest !== undefined) this.entries.delete(oldest);
    entry.work.then(
      (kept) => (entry.kept = kept),
      // A failure is told to those who wait for it and to nobody after them.
      () => this.entries.get(id) === entry && this.entries.delete(id),
    );
    return entry.work;
  }

  private async exchange(account: GoogleServiceAccount): Promise<Kept> {
    const now = this.clock.now().getTime();
    const assertion = await sign(account, Math.floor(now / MS_PER_S));
    const exchange = this.http.open();
    try {
      const answer = toRecord(
        await requestJson(exchange, {
          url: account.tokenUrl,
          headers: {
            accept: 'application/json',
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
          signal: AbortSignal.timeout(EXCHANGE_TIMEOUT_MS),
        }),
      );
      const token = toText(answer?.access_token);
      const seconds = Number(answer?.expires_in);
      if (token === null || token.length > TOKEN_CHARS_MAX || !(seconds > 0)) {
        throw new MalformedAnswerError('no access token in the answer');
      }
      const lifeMs = Math.min(seconds, TOKEN_S_MAX) * MS_PER_S;
      return { token, usableUntilMs: now + lifeMs - MARGIN_MS };
    } catch (error) {
      throw new TokenExchangeError(error, exchange);
    }
  }
}

function toId(account: GoogleServiceAccount): string {
  const { clientEmail, privateKey, privateKeyId = '', tokenUrl } = account;
  const parts = JSON.stringify([clientEmail, privateKey, privateKeyId, tokenUrl]);
  return createHash('sha256').update(parts).digest('base64');
}

/** @param nowS seconds since 1970 */
async function sign(account: GoogleServiceAccount, nowS: number): Promise<string> {
  const { clientEmail, privateKey, privateKeyId, tokenUrl } = account;
  const header = { alg: ALGORITHM, typ: 'JWT', ...(privateKeyId ? { kid: privateKeyId } : {}) };
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader(header)
    .setIssuer(clientEmail)
    .setAudience(tokenUrl)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + ASSERTION_S)
    .sign(await importPrivateKey(privateKey));
}

/** What the package says of a key that is none could quote it. */
async function importPrivateKey(pem: string): Promise<CryptoKey> {
  try {
    return await importPKCS8(pem, ALGORITHM);
  } catch {
    throw new TypeError('private_key is not an RSA key in PEM (PKCS #8)');
  }
}
