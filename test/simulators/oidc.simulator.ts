/** A real OpenID Connect issuer (oidc-provider) on a loopback port, which can also lie, rotate its keys and go away. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT_ID = 'atelier';
export const CLIENT_SECRET = 'a client secret of the tests';

/** What the issuer says of somebody who logs in with this name. */
export interface SimulatedPerson {
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: string[];
}

type SigningKey = Awaited<ReturnType<typeof newKey>>;
type Tokens = Record<string, unknown>;

export class OidcSimulator {
  readonly people = new Map<string, SimulatedPerson>();
  /** Paths that were asked for, in order. */
  readonly calls: string[] = [];
  /** Replaces what the token endpoint answers; null = the truth. */
  tamper: ((tokens: Tokens) => Promise<Tokens> | Tokens) | null = null;
  issuer = '';
  private server: Server | null = null;
  private listener: RequestListener = (_request, response) => response.destroy();

  private constructor(private key: SigningKey) {}

  static async start(): Promise<OidcSimulator> {
    const simulator = new OidcSimulator(await newKey('first'));
    await simulator.resume();
    return simulator;
  }

  /** The redirect addresses that the client registered; what was registered before is forgotten. */
  register(...redirectUris: string[]): void {
    const provider = new Provider(this.issuer, {
      clients: [
        { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: redirectUris },
      ],
      jwks: { keys: [this.key.jwk] },
      cookies: { keys: ['a cookie key of the tests'] },
      scopes: ['openid', 'email', 'profile', 'groups'],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name'],
        groups: ['groups'],
      },
      findAccount: async (_context: unknown, id: string) => ({
        accountId: id,
        claims: async () => ({ sub: id, ...this.people.get(id) }),
      }),
      pkce: { required: () => true },
    });
    provider.use(async (context, next) => {
      await next();
      if (context.path !== '/token' || context.status !== 200 || !this.tamper) return;
      context.body = await this.tamper(context.body as Tokens);
    });
    this.redirectUris = redirectUris;
    this.listener = provider.callback();
  }

  private redirectUris: string[] = [];

  /** New keys, and the old ones are not published any more. */
  async rotate(): Promise<void> {
    this.key = await newKey(`rotated ${Date.now()}`);
    this.register(...this.redirectUris);
  }

  /** A token of this issuer with these claims; with another key for one that only pretends to be. */
  sign(claims: JWTPayload, key: SigningKey = this.key): Promise<string> {
    return new SignJWT({ iss: this.issuer, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid, typ: 'at+jwt' })
      .sign(key.privateKey);
  }

  /** Goes away: connections are refused. */
  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    if (this.server?.listening) await once(this.server.close(), 'close');
  }

  /** Comes back, at the address it had. */
  async resume(): Promise<void> {
    const port = this.issuer === '' ? 0 : Number(new URL(this.issuer).port);
    const server = createServer((request, response) => {
      this.calls.push((request.url ?? '').split('?', 1)[0] ?? '');
      this.listener(request, response);
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    this.server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  countCalls(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }
}

/** A key pair as an issuer has it. */
export async function newKey(kid: string) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { privateKey, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}
