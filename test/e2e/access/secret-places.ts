/** Every place of a request that a secret has been seen in, meant or by mistake. */
export interface Place {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

const LOGIN = '/api/v1/auth/login';
const SPACES = '/api/v1/search-spaces';
const GENERATIONS = '/api/v1/image-generations';
const JSON_TYPE = { 'content-type': 'application/json' };
const BOUNDARY = 'a-boundary-of-the-tests';

/** `session`: headers of somebody who may do much, for the places behind a login. */
export function toPlaces(secret: string, session: Record<string, string>): Place[] {
  return [
    ...inHeaders(secret),
    ...inPaths(secret, session),
    ...inQueries(secret, session),
    ...inPublicBodies(secret),
    ...inBodies(secret, session),
    ...inForms(secret, session),
  ];
}

function inHeaders(secret: string): Place[] {
  const basic = Buffer.from(`operator:${secret}`).toString('base64');
  const headers: Record<string, Record<string, string>> = {
    'a bearer': { authorization: `Bearer ${secret}` },
    'a bearer in small letters': { authorization: `bearer  ${secret}` },
    'a bearer cut in two': { authorization: `Bearer ${secret} ${secret}` },
    'a basic login': { authorization: `Basic ${basic}` },
    'a bare credential': { authorization: secret },
    'an unknown scheme': { authorization: `Token token="${secret}"` },
    'X-API-Key': { 'x-api-key': secret },
    'X-API-Key beside a bearer': { authorization: `Bearer ${secret}`, 'x-api-key': secret },
    'an x-user-id with a bearer': { authorization: `Bearer ${secret}`, 'x-user-id': 'somebody' },
    'a cookie': { cookie: `session=${secret}` },
    'a user agent': { 'user-agent': `client/1.0 (${secret})` },
    'a referrer': { referer: `https://example.com/?token=${secret}` },
  };
  return Object.entries(headers).flatMap(([name, more]) =>
    [SPACES, '/v1/images/generations', '/api/v1/no-such-route'].map((path) => ({
      name: `${name} to ${path}`,
      method: path.startsWith('/v1/') ? 'POST' : 'GET',
      path,
      headers: more,
    })),
  );
}

function inPaths(secret: string, session: Record<string, string>): Place[] {
  const value = encodeURIComponent(secret);
  return [
    ['GET', `/api/v1/invites/${value}`],
    ['POST', `/api/v1/invites/${value}/accept`],
    ['GET', `/api/v1/api-keys/${value}`],
    ['GET', `/api/v1/${value}`],
  ].map(([method = '', path = '']) => ({
    name: `a path: ${method}`,
    method,
    path,
    headers: session,
  }));
}

function inQueries(secret: string, session: Record<string, string>): Place[] {
  const value = encodeURIComponent(secret);
  const queries = [
    'api_key',
    'access_token',
    'token',
    'password',
    'client_secret',
    'cursor',
    'limit',
  ];
  const paths = [SPACES, `${GENERATIONS}/019a0000-0000-7000-8000-000000000000/image`, '/health'];
  return queries.flatMap((query) =>
    paths.map((path) => ({
      name: `?${query}= of ${path}`,
      method: 'GET',
      path: `${path}?${query}=${value}`,
      headers: session,
    })),
  );
}

function inPublicBodies(secret: string): Place[] {
  const bodies: [string, unknown][] = [
    [LOGIN, { email: 'operator@example.com', password: secret }],
    [LOGIN, { email: { address: secret }, password: [secret] }],
    [LOGIN, { email: 'nobody@example.com', password: { value: secret } }],
    [LOGIN, [secret]],
    ['/api/v1/auth/refresh', { refresh_token: secret }],
    ['/api/v1/auth/refresh', { refresh_token: [secret], token: secret }],
    ['/api/v1/auth/reset-password', { token: secret, password: secret }],
    ['/api/v1/auth/reset-password', { token: { secret }, password: [secret] }],
    ['/api/v1/auth/oidc/exchange', { code: secret }],
    ['/api/v1/auth/oidc/exchange', { code: [secret] }],
  ];
  const broken = [`{"email": "a@example.com", "password": "${secret}`, secret, `["${secret}"`];
  return [
    ...bodies.map(([path, body]) => toJson(path, body, {})),
    ...broken.map((body) => ({
      name: 'broken JSON',
      method: 'POST',
      path: LOGIN,
      headers: JSON_TYPE,
      body,
    })),
  ];
}

function inBodies(secret: string, session: Record<string, string>): Place[] {
  const bodies: [string, unknown][] = [
    ['/api/v1/auth/change-password', { current_password: secret, new_password: 'short' }],
    ['/api/v1/auth/change-password', { current_password: [secret], new_password: { secret } }],
    ['/api/v1/users', { email: 'a@example.com', password: [secret], name: 'Ada' }],
    ['/api/v1/users', { email: 'a@example.com', password: secret, name: ['Ada'] }],
    ['/api/v1/api-keys', { name: 'A key', search_space_id: 1, key: secret, secret }],
    ['/api/v1/auth/oidc/providers', { slug: '!', client_id: 1, client_secret: secret }],
    ['/api/v1/auth/oidc/providers', { slug: 'x', name: 'X', client_secret: [secret] }],
    [GENERATIONS, { prompt: [secret], n: secret, seed: secret, api_key: secret }],
    [GENERATIONS, { prompt: 'a boat', search_space_id: [secret], metadata: secret }],
    [GENERATIONS, { prompt: 'a boat', provider_options: secret, reference_images: secret }],
    ['/v1/images/generations', { prompt: [secret], n: secret, api_key: secret, size: [secret] }],
  ];
  return bodies.map(([path, body]) => toJson(path, body, session));
}

function inForms(secret: string, session: Record<string, string>): Place[] {
  const parts = ['password', 'api_key', 'prompt'].map(
    (name) =>
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${secret}\r\n`,
  );
  const file = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image"; filename="${secret}.png"\r\ncontent-type: image/png\r\n\r\n${secret}\r\n`;
  const form = `${parts.join('')}${file}--${BOUNDARY}--\r\n`;
  const encoded = new URLSearchParams({ email: 'a@example.com', password: secret }).toString();
  return [LOGIN, GENERATIONS, '/v1/images/generations', '/v1/images/edits'].flatMap((path) => [
    {
      name: `a form to ${path}`,
      method: 'POST',
      path,
      headers: { ...session, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      body: form,
    },
    {
      name: `an encoded form to ${path}`,
      method: 'POST',
      path,
      headers: { ...session, 'content-type': 'application/x-www-form-urlencoded' },
      body: encoded,
    },
  ]);
}

function toJson(path: string, body: unknown, headers: Record<string, string>): Place {
  const text = JSON.stringify(body);
  return {
    name: `${path} ${text}`,
    method: 'POST',
    path,
    headers: { ...headers, ...JSON_TYPE },
    body: text,
  };
}
