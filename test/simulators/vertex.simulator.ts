import { randomBytes } from 'node:crypto';
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import fixtures from './fixtures/vertex-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import type { SimulatedCall } from './simulated-call.js';
import { makePicture } from './simulator-picture.js';
import { readTryOn, type TryOnOrder, type VertexRefusal } from './vertex-image-rules.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;

/**
 * A fixture's name, or a success that lies. `filtered`: each sample was; `one_filtered`: the first was; `echo_token`: a
 * refusal that repeats the credential. A request is also made to fail by a label: `{"sim": "hang"}`.
 */
export type VertexFault =
  | keyof typeof fixtures
  | 'filtered'
  | 'one_filtered'
  | 'fewer_images'
  | 'more_images'
  | 'echo_token';

export interface VertexSimulatorOptions extends VendorSimulatorOptions {
  /** How long each token is good; the vendor's hour. */
  tokenS?: number;
}

const PROJECT = 'atelier-test';
const EMAIL = 'painter@atelier-test.iam.gserviceaccount.com';
const KEY_ID = '0123456789abcdef0123456789abcdef01234567';
const MODEL = 'virtual-try-on-001';
const PATH =
  /^\/(?:v1|v1beta1)\/projects\/([^/]+)\/locations\/([^/]+)\/publishers\/google\/models\/([^/:]+):predict$/;
const TOKEN_PATH = '/token';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_S = 3_599;
/** The vendor takes no assertion that is good for longer. */
const ASSERTION_S_MAX = 3_600;
const RAI_REASON =
  "Unable to show generated images. All images were filtered out because they violated Vertex AI's usage guidelines. Support codes: 58061214";
const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' };

/** Google Cloud's try-on on a local port, with its token endpoint: it takes what its own service account has signed. */
export class VertexSimulator extends VendorSimulator<VertexFault> {
  /** Good until, in milliseconds. */
  private readonly tokens = new Map<string, number>();

  private constructor(
    private readonly settings: VertexSimulatorOptions,
    private readonly keys: Awaited<ReturnType<typeof generateKeyPair>>,
    private readonly privateKey: string,
  ) {
    super(settings);
  }

  static async start(options: VertexSimulatorOptions = {}): Promise<VertexSimulator> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    return new VertexSimulator(options, keys, await exportPKCS8(keys.privateKey)).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** The text of the key file that it takes. */
  get apiKey(): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: PROJECT,
      private_key_id: KEY_ID,
      private_key: this.privateKey,
      client_email: EMAIL,
      token_uri: `${this.origin}${TOKEN_PATH}`,
    });
  }

  /** Requests for tokens, and for pictures, since a test cleared them. */
  get exchanges(): SimulatedCall[] {
    return this.calls.filter(({ path }) => path === TOKEN_PATH);
  }

  get orders(): SimulatedCall[] {
    return this.calls.filter(({ path }) => path !== TOKEN_PATH);
  }

  /** Withdraws every token given out so far. */
  expireTokens(): void {
    this.tokens.clear();
  }

  /** A try-on has no prompt to carry a marker. */
  protected promptOf(body: SimulatedBody | null): string {
    const labels = (body?.fields.labels ?? {}) as Record<string, unknown>;
    return `[sim:${toText(labels.sim, '')}]`;
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, body, fault } = exchange;
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (path === TOKEN_PATH && !fixture) return this.giveToken(exchange);
    if (fault === 'echo_token') {
      const message = `not allowed: ${String(request.headers.authorization)}`;
      return sendError(exchange, { code: 403, status: 'PERMISSION_DENIED', message });
    }
    if (fixture) return playFixture(response, fixture);
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if ((this.tokens.get(token) ?? 0) <= Date.now()) {
      return playFixture(response, fixtures.unauthenticated);
    }
    const [, project, , model] = PATH.exec(path) ?? [];
    if (project === undefined || request.method !== 'POST') {
      return playFixture(response, fixtures.html_not_found);
    }
    if (project !== PROJECT) return playFixture(response, fixtures.denied);
    if (model !== MODEL) return playFixture(response, fixtures.model_not_found);
    const order = await readTryOn(body?.fields ?? {});
    if ('code' in order) return sendError(exchange, order);
    const predictions = await this.predict(order, fault);
    await sendBytes(response, JSON_TYPE, Buffer.from(JSON.stringify({ predictions })), fault);
  }

  private async predict(order: TryOnOrder, fault: string | null): Promise<object[]> {
    const { widthPx, heightPx, format } = order;
    const more = fault === 'more_images' ? 1 : fault === 'fewer_images' ? -1 : 0;
    const predictions: object[] = [];
    while (predictions.length < order.count + more) {
      const isFiltered =
        fault === 'filtered' || (fault === 'one_filtered' && predictions.length === 0);
      const subject = `${order.subject}#${(this.picturesMade += 1)}`;
      const bytes = await makePicture(subject, widthPx, heightPx, format);
      const picture = {
        mimeType: `image/${format}`,
        bytesBase64Encoded: bytes.toString('base64'),
      };
      predictions.push(isFiltered ? { raiFilteredReason: RAI_REASON } : picture);
    }
    return predictions;
  }

  /** Checks what the vendor checks: the grant, who signed, for whom, and until when. */
  private async giveToken({ request, response, body, fault }: SimulatedExchange): Promise<void> {
    const { grant_type: grant, assertion } = body?.fields ?? {};
    const type = request.headers['content-type'] ?? '';
    const isForm = type.startsWith('application/x-www-form-urlencoded');
    if (request.method !== 'POST' || !isForm || grant !== GRANT) {
      const error = { error: 'unsupported_grant_type', error_description: 'Invalid grant_type' };
      return void response.writeHead(400, JSON_TYPE).end(JSON.stringify(error));
    }
    try {
      const { payload, protectedHeader } = await jwtVerify(
        toText(assertion, ''),
        this.keys.publicKey,
        { algorithms: ['RS256'], issuer: EMAIL, audience: `${this.origin}${TOKEN_PATH}` },
      );
      const { exp = 0, iat = 0, scope } = payload;
      const isRight = exp - iat > 0 && exp - iat <= ASSERTION_S_MAX && scope === SCOPE;
      if (!isRight || protectedHeader.kid !== KEY_ID) throw new Error('claims');
    } catch {
      return playFixture(response, fixtures.token_refused);
    }
    const { tokenS = TOKEN_S } = this.settings;
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    this.tokens.set(token, Date.now() + tokenS * 1_000);
    const answer = { access_token: token, expires_in: tokenS, token_type: 'Bearer' };
    await sendBytes(response, JSON_TYPE, Buffer.from(JSON.stringify(answer)), fault);
  }
}

function sendError({ response }: SimulatedExchange, error: VertexRefusal): void {
  response.writeHead(error.code, JSON_TYPE).end(JSON.stringify({ error }));
}
