// Proves the fetcher's limits against a real, hostile HTTP server on loopback, which only the allow list opens.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { createGuardedDispatcher } from './guarded-dispatcher.js';
import { GuardedFetcher } from './guarded-fetcher.js';
import { HostResolver } from './host-resolver.port.js';
import type { OutboundFetchOptions } from './outbound-fetcher.port.js';
import { OutboundGuard } from './outbound-guard.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const LIMITS = { maxBytes: 1_000, timeoutMs: 5_000 };
const MEBIBYTE = 1024 * 1024;

/** Answers from a list, one question after the other; the last answer stays. */
class ScriptedResolver extends HostResolver {
  questions = 0;

  constructor(private readonly answers: string[][]) {
    super();
  }

  async resolve(): Promise<string[]> {
    const answer = this.answers[Math.min(this.questions, this.answers.length - 1)];
    this.questions += 1;
    return answer ?? [];
  }
}

let handler: Handler;
let requests: IncomingMessage[];
let server: Server;
let origin: string;
let port: number;
let fetcher: GuardedFetcher;
let resolver: ScriptedResolver;

function createGuard(allow: string[], answers: string[][] = [['127.0.0.1']]): OutboundGuard {
  resolver = new ScriptedResolver(answers);
  return new OutboundGuard({ outbound: { allow } } as unknown as AppConfig, resolver);
}

async function read(url: string, options: Partial<OutboundFetchOptions> = {}): Promise<string> {
  const response = await fetcher.fetch(url, { ...LIMITS, ...options });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function listen(target: { listen: (port: number, host: string) => unknown }): Promise<unknown> {
  target.listen(0, '127.0.0.1');
  return once(target as unknown as NodeJS.EventEmitter, 'listening');
}

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  await listen(server);
  port = (server.address() as AddressInfo).port;
  origin = `http://127.0.0.1:${port}`;
  fetcher = new GuardedFetcher(createGuard([`127.0.0.1:${port}`]));
});

afterEach(async () => {
  await fetcher.onModuleDestroy();
  server.closeAllConnections();
  server.close();
});

describe('GuardedFetcher', () => {
  it('hands out status, safe headers, the final address and the bytes', async () => {
    handler = (_request, response) => {
      response.setHeader('set-cookie', 'a=b');
      response.setHeader('content-type', 'image/png');
      response.end('picture');
    };
    const response = await fetcher.fetch(`${origin}/a.png`, { ...LIMITS, accept: 'image/*' });
    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'image/png', 'content-length': '7' });
    expect(response.finalUrl).toBe(`${origin}/a.png`);
    response.discard();
    expect(requests[0]?.headers).toEqual({
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      accept: 'image/*',
      'accept-encoding': 'identity',
      'user-agent': 'atelier',
    });
  });

  it('hands out an error answer of the host as it is', async () => {
    handler = (_request, response) => {
      response.statusCode = 404;
      response.end('gone');
    };
    const response = await fetcher.fetch(origin, LIMITS);
    expect(response.status).toBe(404);
    response.discard();
  });

  it('sends nothing to a refused address', async () => {
    await expect(fetcher.fetch(`http://127.0.0.2:${port}/`, LIMITS)).rejects.toMatchObject({
      code: 'outbound.url_refused',
    });
    expect(requests).toHaveLength(0);
  });

  it('follows three redirects, relative ones too, and no fourth', async () => {
    handler = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) return void response.end('arrived');
      response.writeHead(302, { location: `/${left - 1}` }).end();
    };
    expect(await read(`${origin}/3`)).toBe('arrived');
    await expect(read(`${origin}/4`)).rejects.toMatchObject({
      details: { reason: 'too_many_redirects' },
    });
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'metadata'],
    ['http://127.0.0.1:1/', 'loopback'],
    ['http://[::ffff:7f00:1]:1/', 'loopback'],
    ['//10.0.0.1/x', 'private'],
    ['file:///etc/passwd', 'scheme'],
    ['http://user:secret@example.com/', 'credentials'],
  ])('refuses a redirect to %s', async (location, rule) => {
    handler = (_request, response) => void response.writeHead(307, { location }).end('moved');
    await expect(read(origin)).rejects.toMatchObject({
      code: 'outbound.url_refused',
      details: { rule },
    });
  });

  it('refuses a redirect that cannot be read', async () => {
    handler = (_request, response) => void response.writeHead(301, { location: 'http://[' }).end();
    await expect(read(origin)).rejects.toMatchObject({ details: { reason: 'redirect_malformed' } });
  });

  it('connects to the address it checked when DNS changes its answer, and refuses the new one', async () => {
    handler = (_request, response) => {
      response.setHeader('connection', 'close');
      response.end('checked');
    };
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    fetcher = new GuardedFetcher(createGuard([`127.0.0.1:${port}`], answers));
    const url = `http://rebind.example:${port}/`;
    expect(await read(url)).toBe('checked');
    expect(resolver.questions).toBe(1);
    expect(requests[0]?.headers.host).toBe(`rebind.example:${port}`);
    await expect(read(url)).rejects.toMatchObject({ details: { rule: 'loopback' } });
    expect(requests).toHaveLength(1);
  });

  it('tries the next checked address when the first does not answer', async () => {
    handler = (_request, response) => void response.end('second');
    const allow = [`127.0.0.1:${port}`, `127.0.0.9:${port}`];
    fetcher = new GuardedFetcher(createGuard(allow, [['127.0.0.9', '127.0.0.1']]));
    expect(await read(`http://two.example:${port}/`)).toBe('second');
  });

  it('stops a host that sends a byte now and then, at the total time', async () => {
    let drip: NodeJS.Timeout | undefined;
    handler = (_request, response) => {
      response.writeHead(200);
      drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    const started = Date.now();
    await expect(read(origin, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'outbound.fetch_failed',
      details: { reason: 'timeout' },
    });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it('gives up a host that takes the connection and says nothing', async () => {
    handler = () => undefined;
    await expect(read(origin, { timeoutMs: 300 })).rejects.toMatchObject({
      details: { reason: 'timeout' },
    });
    await expect(read(origin, { idleTimeoutMs: 200 })).rejects.toMatchObject({
      details: { reason: 'timeout' },
    });
  });

  it('frees the connection of a body that nobody reads, at the total time', async () => {
    let closed: Promise<unknown> | undefined;
    handler = (_request, response) => {
      closed = once(response, 'close');
      response.write('x');
    };
    await fetcher.fetch(origin, { ...LIMITS, timeoutMs: 200 });
    await closed;
  });

  it("ends with the caller's own reason when the caller gives up", async () => {
    handler = (_request, response) => void response.write('x');
    const controller = new AbortController();
    const reason = new Error('shutting down');
    const reading = read(origin, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(reading).rejects.toBe(reason);
    await expect(read(origin, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('refuses an announced size above the limit without reading', async () => {
    handler = (_request, response) => void response.end('x'.repeat(1_001));
    await expect(fetcher.fetch(origin, LIMITS)).rejects.toMatchObject({
      details: { reason: 'too_large' },
    });
  });

  it('counts what arrives when no size is announced', async () => {
    handler = (_request, response) => {
      response.write('x'.repeat(600));
      response.end('x'.repeat(600));
    };
    await expect(read(origin)).rejects.toMatchObject({ details: { reason: 'too_large' } });
  });

  it('refuses a compressed bomb at the limit, not at its full size', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MEBIBYTE));
    handler = (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    };
    const before = process.memoryUsage().rss;
    await expect(read(origin, { maxBytes: MEBIBYTE })).rejects.toMatchObject({
      details: { reason: 'too_large' },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MEBIBYTE);
  });

  it.each([
    ['gzip', gzipSync('plain')],
    ['deflate', deflateSync('plain')],
    ['br', brotliCompressSync('plain')],
  ])('undoes %s although it never asked for it', async (encoding, bytes) => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    };
    expect(await read(origin)).toBe('plain');
  });

  it.each(['gzip, gzip', 'zstd', 'constructor'])('refuses the encoding %s', async (encoding) => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end('x');
    };
    await expect(read(origin)).rejects.toMatchObject({ details: { reason: 'encoding_unknown' } });
  });

  it('reports broken compression as a broken answer', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all');
    };
    await expect(read(origin)).rejects.toMatchObject({ details: { reason: 'cut_off' } });
  });

  it('reports an answer that ends before its announced size', async () => {
    const liar = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nshort'));
    });
    await listen(liar);
    const liarPort = (liar.address() as AddressInfo).port;
    fetcher = new GuardedFetcher(createGuard(['127.0.0.1']));
    await expect(read(`http://127.0.0.1:${liarPort}/`)).rejects.toMatchObject({
      details: { reason: 'cut_off' },
    });
    liar.close();
  });

  it('takes no byte behind the announced size', async () => {
    const liar = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshort${'x'.repeat(5_000)}`),
      );
    });
    await listen(liar);
    const liarPort = (liar.address() as AddressInfo).port;
    fetcher = new GuardedFetcher(createGuard(['127.0.0.1']));
    const text = await read(`http://127.0.0.1:${liarPort}/`).catch(() => 'short');
    expect(text).toBe('short');
    liar.close();
  });

  it('reports a closed port as unreachable', async () => {
    server.closeAllConnections();
    server.close();
    await expect(read(origin)).rejects.toMatchObject({ details: { reason: 'unreachable' } });
  });
});

describe('createGuardedDispatcher', () => {
  it('lets a vendor client reach what the operator permitted, and nothing else', async () => {
    handler = (_request, response) => void response.end('vendor');
    const dispatcher = createGuardedDispatcher(createGuard([`127.0.0.1:${port}`]));
    const answer = await request(`${origin}/v1`, { dispatcher });
    expect(await answer.body.text()).toBe('vendor');
    await expect(request('http://127.0.0.2:9/', { dispatcher })).rejects.toMatchObject({
      code: 'outbound.url_refused',
    });
    await dispatcher.destroy();
  });

  it('gives up on a resolver that never answers', async () => {
    class SilentResolver extends HostResolver {
      resolve(): Promise<string[]> {
        return new Promise(() => undefined);
      }
    }
    const config = { outbound: { allow: [] } } as unknown as AppConfig;
    const guard = new OutboundGuard(config, new SilentResolver());
    const dispatcher = createGuardedDispatcher(guard, { connectTimeoutMs: 50 });
    await expect(request('http://slow.example/', { dispatcher })).rejects.toMatchObject({
      details: { reason: 'timeout' },
    });
    await dispatcher.destroy();
  });
});
