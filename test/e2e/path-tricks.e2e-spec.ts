// Proves over a bare socket that no way of writing a path, a host or a header leads to a protected handler without
// credentials, and that no answer carries a link made from the Host or from forwarded headers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN_EMAIL,
  ADMIN_PASSWORD,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { createPerson, operatorOf } from '../setup/people.js';
import { type RawAnswer, sendRaw } from '../setup/raw-request.js';
import { TRICKS } from './access/path-tricks.js';

const GENERATIONS = '/api/v1/image-generations';
const PROTECTED = [
  ['GET', '/api/v1/users'],
  ['GET', '/api/v1/search-spaces'],
  ['GET', `${GENERATIONS}/{id}`],
  ['DELETE', `${GENERATIONS}/{id}`],
  ['POST', '/v1/images/generations'],
] as const;
const STRANGER = 'evil.example';
/** What a client may say of where it came from; nobody is trusted to. */
const LIES = {
  host: STRANGER,
  'x-forwarded-host': STRANGER,
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '8443',
  'x-forwarded-for': '203.0.113.66',
  'x-forwarded-prefix': `/${STRANGER}`,
  'x-original-url': `http://${STRANGER}/`,
  forwarded: `for=203.0.113.66;host=${STRANGER};proto=https`,
  origin: `https://${STRANGER}`,
  referer: `https://${STRANGER}/`,
};

let atelier: TestApplication;
let generationId: string;

beforeAll(async () => {
  atelier = await startApplication({ LOGIN_RPM: '100000' });
  const made = await atelier.call('POST', GENERATIONS, { prompt: 'a boat', size: '32x32' });
  generationId = made.body.id;
});
afterAll(async () => {
  await atelier.stop();
});

/** Null when the server hung up without a word, which reaches no handler either. */
async function sendHead(head: readonly string[]): Promise<RawAnswer | null> {
  try {
    return await sendRaw(atelier.baseUrl, { line: '', headers: {}, head });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('hung up')) return null;
    throw error;
  }
}

describe('without credentials', () => {
  it('is tried in more than fifty ways, all of them different', () => {
    expect(TRICKS.length).toBeGreaterThan(50);
    const heads = TRICKS.map((trick) => trick.toHead('GET', '/api/v1/users').join('\n'));
    expect(new Set(heads).size).toBe(heads.length);
  });

  it.each(PROTECTED)(
    '%s %s is open to the right credentials, so that there is something to guard',
    async (method, pattern) => {
      if (method === 'DELETE') return;
      const path = pattern.replace('{id}', generationId);
      const credentials = pattern.endsWith('users') ? operatorOf(atelier) : atelier.key;
      const body = method === 'POST' ? { prompt: 'a boat', size: '32x32' } : undefined;
      expect((await atelier.call(method, path, body, credentials)).status).toBe(200);
    },
  );

  it.each(TRICKS)('leads nowhere: $name', async ({ toHead }) => {
    for (const [method, pattern] of PROTECTED) {
      const head = toHead(method, pattern.replace('{id}', generationId));
      const answer = await sendHead(head);
      if (answer === null) continue;
      const { status, headers, text } = answer;
      expect({ head: head[0]?.slice(0, 200), status, text }).toMatchObject({
        status: expect.toSatisfy((code: number) => code >= 400 && code < 500),
      });
      expect(headers.get('location')).toBeNull();
      expect(text).not.toContain('"data"');
    }
    const kept = await atelier.call('GET', `${GENERATIONS}/${generationId}`);
    expect(kept.body).toMatchObject({ id: generationId, status: 'succeeded' });
  });

  it.each([
    'x-original-url',
    'x-rewrite-url',
    'x-forwarded-uri',
    'x-forwarded-path',
    'x-http-method-override',
  ])('a public path stays that path whatever %s says', async (name) => {
    const honest = await sendHead(['GET / HTTP/1.1', 'host: 127.0.0.1']);
    const lying = await sendHead(['GET / HTTP/1.1', 'host: 127.0.0.1', `${name}: /api/v1/users`]);
    expect(lying?.status).toBe(200);
    expect(lying?.text).toBe(honest?.text);
  });

  it('the address that counts is that of the connection', async () => {
    const person = await createPerson(atelier, 'traveller');
    const body = { email: person.email, password: 'wrong password of a guesser' };
    const answer = await sendJson('POST', '/api/v1/auth/login', body, LIES);
    expect(answer.status).toBe(401);
    const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    await sendJson('POST', '/api/v1/auth/login', login, LIES);
    const sessions = await atelier.call(
      'GET',
      '/api/v1/auth/sessions',
      undefined,
      operatorOf(atelier),
    );
    expect(sessions.body.data.length).toBeGreaterThan(1);
    for (const { address } of sessions.body.data) expect(address).toMatch(/127\.0\.0\.1$/);
  });
});

function sendJson(
  method: string,
  path: string,
  body: object | undefined,
  headers: Record<string, string>,
): Promise<RawAnswer> {
  const text = body ? JSON.stringify(body) : '';
  const framing: Record<string, string> = body
    ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
    : {};
  return sendRaw(atelier.baseUrl, {
    line: `${method} ${path}`,
    headers: { ...headers, ...framing },
    body: [text],
  });
}

describe('links', () => {
  const asked: [string, string, object | undefined, object][] = [
    ['POST', GENERATIONS, { prompt: 'a boat', size: '32x32' }, {}],
    ['POST', GENERATIONS, { prompt: 'a boat', size: '32x32' }, { prefer: 'respond-async' }],
    ['GET', GENERATIONS, undefined, {}],
    ['GET', `${GENERATIONS}/{id}`, undefined, {}],
    [
      'POST',
      '/v1/images/generations',
      { prompt: 'a boat', size: '32x32', response_format: 'url' },
      {},
    ],
    ['GET', '/', undefined, {}],
    ['GET', '/docs-json', undefined, {}],
    ['GET', '/docs', undefined, {}],
    ['GET', '/docs/', undefined, {}],
    ['GET', '/metrics', undefined, {}],
    ['GET', '/health', undefined, {}],
    ['GET', '/api/v1/auth/oidc', undefined, {}],
    ['GET', '/api/v1/auth/oidc/complete', undefined, {}],
    ['GET', '/api/v1/auth/me', undefined, {}],
    ['GET', '/api/v1/nothing-here', undefined, {}],
    ['POST', GENERATIONS, { prompt: 1 }, {}],
    ['GET', `${GENERATIONS}/${STRANGER.replace('.', '-')}`, undefined, {}],
  ];

  it.each(asked)(
    'are not made from what the client says of itself: %s %s %o %o',
    async (method, pattern, body, headers) => {
      const path = pattern.replace('{id}', generationId);
      const answer = await sendJson(method, path, body, { ...LIES, ...atelier.key, ...headers });
      const { status, text } = answer;
      expect({ status, text }).toMatchObject({
        status: expect.toSatisfy((code: number) => code < 500),
      });
      const said = `${[...answer.headers].map((line) => line.join(': ')).join('\n')}\n${text}`;
      expect(said).not.toContain(STRANGER);
      expect(said).not.toContain('203.0.113.66');
      expect(said).not.toContain(':8443');
    },
  );

  it('lead to the service itself: pictures, Location, and the description of the routes', async () => {
    const picture = { prompt: 'a boat', size: '32x32' };
    const credentials = { ...LIES, ...atelier.key };
    const made = await sendJson('POST', GENERATIONS, picture, credentials);
    expect(made.status).toBe(201);
    const { images, id } = JSON.parse(made.text);
    expect(images[0].url).toMatch(new RegExp(`^${atelier.baseUrl}${GENERATIONS}/${id}/image\\?`));
    expect((await fetch(images[0].url)).status).toBe(200);
    const later = await sendJson('POST', GENERATIONS, picture, {
      ...credentials,
      prefer: 'respond-async',
    });
    expect(later.status).toBe(202);
    const location = later.headers.get('location') ?? '';
    expect(new URL(location, atelier.baseUrl).origin).toBe(atelier.baseUrl);
    expect(location).toContain(`${GENERATIONS}/`);
    const document = JSON.parse((await sendJson('GET', '/docs-json', undefined, LIES)).text);
    for (const { url } of document.servers ?? []) {
      expect(new URL(url, atelier.baseUrl).origin).toBe(atelier.baseUrl);
    }
  });

  it('of single sign-on lead to the service itself', async () => {
    const provider = {
      slug: 'corporate',
      name: 'Corporate',
      issuer_url: 'https://login.example.com',
      client_id: 'atelier',
    };
    const made = await sendJson('POST', '/api/v1/auth/oidc/providers', provider, {
      ...LIES,
      ...operatorOf(atelier),
    });
    expect(made.status).toBe(201);
    const { redirect_url, start_url } = JSON.parse(made.text);
    for (const url of [redirect_url, start_url]) expect(new URL(url).origin).toBe(atelier.baseUrl);
  });
});
