/** Ways of writing a request that make some servers take a protected path for another one. */

export interface Trick {
  name: string;
  /** Lines of the head, for a method and a path that are protected. */
  toHead: (method: string, path: string) => string[];
}

const HOST = 'host: 127.0.0.1';
/** A line may be as long as this before the server hangs up or refuses. */
const LONG = 7_000;
const TOO_LONG = 70_000;

const PATHS: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'two slashes before': (path) => `/${path}`,
  'three slashes before': (path) => `//${path}`,
  'two slashes within': (path) => path.replace('/v1', '//v1'),
  'all slashes doubled': (path) => path.replaceAll('/', '//'),
  'a dot segment before': (path) => `/.${path}`,
  'a dot segment within': (path) => path.replace('/v1', '/./v1'),
  'a way up from a public path': (path) => `/health/..${path}`,
  'a way up from the documentation': (path) => `/docs/..${path}`,
  'two ways up from nowhere': (path) => `/../..${path}`,
  'a way up and back': (path) => path.replace('/v1', '/x/../v1'),
  'an encoded dot segment': (path) => `/%2e${path}`,
  'an encoded way up': (path) => `/health/%2e%2e${path}`,
  'an encoded way up in capitals': (path) => `/health/%2E%2E${path}`,
  'half an encoded way up': (path) => `/health/.%2e${path}`,
  'a way up with an encoded slash': (path) => `/health/..%2f${path.slice(1)}`,
  'all of a way up encoded': (path) => `/health%2f%2e%2e%2f${path.slice(1)}`,
  'encoded slashes': (path) => path.replaceAll('/', '%2f').replace('%2f', '/'),
  'the first slash encoded': (path) => `/%2f${path.slice(1)}`,
  'an encoded slash at the end': (path) => `${path}%2f`,
  'an encoded slash and more': (path) => `${path}%2fhealth`,
  'an encoded backslash': (path) => path.replaceAll('/', '%5c').replace('%5c', '/'),
  'a way up with backslashes': (path) => `/health%5c..%5c${path.slice(1)}`,
  'bare backslashes': (path) => path.replaceAll('/', '\\').replace('\\', '/'),
  'a semicolon at the end': (path) => `${path};`,
  'a parameter after a semicolon': (path) => `${path};/health`,
  'a semicolon within': (path) => path.replace('/v1', ';x=1/v1'),
  'a way up behind a semicolon': (path) => `/health;/..${path}`,
  'an encoded semicolon': (path) => `${path}%3b`,
  'a question mark at the end': (path) => `${path}?`,
  'two question marks': (path) => `${path}??`,
  'a public path as the query': (path) => `${path}?/health`,
  'an encoded question mark': (path) => `${path}%3f`,
  'a fragment': (path) => `${path}#/health`,
  'an encoded fragment': (path) => `${path}%23`,
  'a public path before a fragment': (path) => `/api/v1#${path}`,
  'a slash at the end': (path) => `${path}/`,
  'two slashes at the end': (path) => `${path}//`,
  'a dot at the end': (path) => `${path}.`,
  'a dot segment at the end': (path) => `${path}/.`,
  'a way up at the end': (path) => `${path}/x/..`,
  'an ending of a file': (path) => `${path}.json`,
  capitals: (path) => path.toUpperCase(),
  'one capital': (path) => path.replace('/v1', '/V1'),
  'encoded letters': (path) => path.replace('v1', '%76%31'),
  'every letter encoded': (path) => path.replaceAll(/[a-z]/g, encodeLetter),
  'encoded twice': (path) => path.replace('v1', '%2576%2531'),
  'a slash encoded twice': (path) => `/health%252f..${path}`,
  'an overlong slash': (path) => `/health%c0%af..${path}`,
  'a full-width dot': (path) => `/health/%ef%bc%8e%ef%bc%8e${path}`,
  'a broken encoding': (path) => `${path}/%`,
  'a broken encoding within': (path) => path.replace('/v1', '/%zz/v1'),
  'an encoded zero': (path) => `${path}%00`,
  'an encoded zero and a public ending': (path) => `${path}%00/health`,
  'an encoded zero within': (path) => path.replace('/v1', '%00/v1'),
  'an encoded line break': (path) => `${path}%0d%0aX-User-Id:%20x`,
  'an encoded space': (path) => `${path}%20`,
  'a tab': (path) => `${path}%09`,
  'a long tail': (path) => `${path}/${'x'.repeat(LONG)}`,
  'a long way up': (path) => `/${'x/'.repeat(LONG / 4)}${'../'.repeat(LONG / 4)}${path.slice(1)}`,
  'too long a path': (path) => `${path}/${'x'.repeat(TOO_LONG)}`,
  'a long query': (path) => `${path}?${'x'.repeat(LONG)}`,
  'a target with another host': (path) => `http://127.0.0.1${path}`,
  'a target with a stranger': (path) => `http://evil.example${path}`,
  'a target over https': (path) => `https://evil.example:443${path}`,
  'a target with a user': (path) => `http://operator:x@127.0.0.1${path}`,
  'a target with a public host part': (path) => `http://health${path}`,
  'a target without a scheme': (path) => `//127.0.0.1${path}`,
  'the whole server': () => '*',
  'no slash at the beginning': (path) => path.slice(1),
};

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'no Host': [],
  'an empty Host': ['host:'],
  'two Hosts': ['host: 127.0.0.1', 'host: evil.example'],
  'a Host that is a path': ['host: /health'],
  'a Host with a path': ['host: 127.0.0.1/health?'],
  'a Host with a way out': ['host: 127.0.0.1#@evil.example'],
  'a Host of a stranger': ['host: evil.example'],
  'forwarded for the machine itself': [HOST, 'x-forwarded-for: 127.0.0.1', 'x-real-ip: 127.0.0.1'],
  'forwarded from a stranger': [HOST, 'x-forwarded-host: evil.example', 'x-forwarded-proto: https'],
  'forwarded by the standard': [HOST, 'forwarded: for=127.0.0.1;host=evil.example;proto=https'],
  'another URL': [HOST, 'x-original-url: /health', 'x-rewrite-url: /health'],
  'another path': [HOST, 'x-forwarded-path: /health', 'x-forwarded-prefix: /health'],
  'another method': [HOST, 'x-http-method-override: OPTIONS', 'x-method-override: HEAD'],
  'a prefix that is public': [HOST, 'x-forwarded-uri: /health', 'x-original-uri: /health'],
  'a user by name': [HOST, 'x-user-id: operator', 'x-forwarded-user: operator', 'remote-user: x'],
  'an empty credential': [HOST, 'authorization:', 'x-api-key:'],
  'a scheme alone': [HOST, 'authorization: Bearer'],
  'a basic login': [HOST, 'authorization: Basic b3BlcmF0b3I6eA=='],
  'a word for a token': [HOST, 'authorization: Bearer null'],
  'an unsigned token': [HOST, 'authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.'],
  'two credentials': [HOST, 'authorization: Bearer x', 'authorization: Bearer y'],
  'a cookie': [HOST, 'cookie: access_token=x; session=operator'],
  'an upgrade': [HOST, 'connection: upgrade', 'upgrade: h2c'],
};

export const TRICKS: readonly Trick[] = [
  ...Object.entries(PATHS).map(([name, toPath]) => ({
    name,
    toHead: (method: string, path: string) => [`${method} ${toPath(path)} HTTP/1.1`, HOST],
  })),
  ...Object.entries(HEADERS).map(([name, lines]) => ({
    name,
    toHead: (method: string, path: string) => [`${method} ${path} HTTP/1.1`, ...lines],
  })),
  {
    name: 'an old version',
    toHead: (method: string, path: string) => [`${method} ${path} HTTP/1.0`],
  },
  {
    name: 'an old version with a Host of a stranger',
    toHead: (method: string, path: string) => [`${method} ${path} HTTP/1.0`, 'host: evil.example'],
  },
  { name: 'no version', toHead: (method: string, path: string) => [`${method} ${path}`] },
  {
    name: 'a version to come',
    toHead: (method: string, path: string) => [`${method} ${path} HTTP/3.0`, HOST],
  },
  {
    name: 'a method in small letters',
    toHead: (method: string, path: string) => [`${method.toLowerCase()} ${path} HTTP/1.1`, HOST],
  },
  {
    name: 'a method that is none',
    toHead: (_method: string, path: string) => [`JEFF ${path} HTTP/1.1`, HOST],
  },
  {
    name: 'a trace',
    toHead: (_method: string, path: string) => [`TRACE ${path} HTTP/1.1`, HOST],
  },
  {
    name: 'a tunnel',
    toHead: (_method: string, path: string) => [`CONNECT ${path} HTTP/1.1`, HOST],
  },
  {
    name: 'a preflight',
    toHead: (method: string, path: string) => [
      `OPTIONS ${path} HTTP/1.1`,
      HOST,
      'origin: https://evil.example',
      `access-control-request-method: ${method}`,
      'access-control-request-headers: authorization',
    ],
  },
  {
    name: 'a request within another',
    toHead: (method: string, path: string) => [
      'POST /api/v1/no-such-route HTTP/1.1',
      HOST,
      'content-length: 4',
      'transfer-encoding: chunked',
      '',
      '0',
      '',
      `${method} ${path} HTTP/1.1`,
      HOST,
    ],
  },
  {
    name: 'a header folded over two lines',
    toHead: (method: string, path: string) => [
      `${method} ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      ' /health',
    ],
  },
  {
    name: 'only the head',
    toHead: (_method: string, path: string) => [`HEAD ${path} HTTP/1.1`, HOST],
  },
];

function encodeLetter(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`;
}
