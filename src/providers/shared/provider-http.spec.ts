// Against a real server on loopback: what a request for a whole answer leaves behind, however it ends.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { type ProviderExchange, ProviderHttp } from './provider-http.js';
import { askVendor, beginAtVendor } from './send-to-vendor.js';

const BYTES_MAX = 1_000;
const FAILURE_BYTES = 65_536;
const REASON = new Error('the caller left');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let handler: Handler;
let server: Server;
let url: string;
let http: ProviderHttp;
let exchange: ProviderExchange;
let requests: IncomingMessage[];

const toRequest = (signal = new AbortController().signal) => ({
  url: `${url}/chat?version=1`,
  headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
  body: '{"a":1}',
  signal,
});

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = new ProviderHttp(new Agent({ connections: 1, pipelining: 1 }));
  exchange = http.open();
});

afterEach(async () => {
  await http.onApplicationShutdown();
  server.closeAllConnections();
  server.close();
});

describe('a request for a whole answer', () => {
  it('hands out status, headers and all the bytes', async () => {
    handler = (request, response) => {
      request.on('data', (part: Buffer) => {
        response.writeHead(200, { 'X-Request-Id': 'one' });
        response.write('sent ');
        setTimeout(() => response.end(part), 20);
      });
    };
    const answer = await askVendor(exchange, toRequest(), BYTES_MAX);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-request-id']).toBe('one');
    expect(answer.bytes.toString()).toBe('sent {"a":1}');
    expect(exchange.wasSent).toBe(true);
    expect(exchange.failure).toBeNull();
    expect(requests[0]?.url).toBe('/chat?version=1');
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer key',
      'content-length': '7',
    });
  });

  it('takes no answer beyond its bound', async () => {
    handler = (_request, response) => void response.end('x'.repeat(BYTES_MAX + 1));
    await expect(askVendor(exchange, toRequest(), BYTES_MAX)).rejects.toThrow(MalformedAnswerError);
    expect(exchange.wasSent).toBe(true);
  });

  it('notes a failure with its first 64 KB', async () => {
    handler = (_request, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end('y'.repeat(4 * FAILURE_BYTES));
    };
    await expect(askVendor(exchange, toRequest(), BYTES_MAX)).rejects.toThrow('answered 429');
    expect(exchange.failure?.headers.get('retry-after')).toBe('7');
    expect(exchange.failure?.bodyText).toHaveLength(FAILURE_BYTES);
  });

  it('notes a failure whose body breaks off', async () => {
    handler = (_request, response) => {
      response.writeHead(500, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(askVendor(exchange, toRequest(), BYTES_MAX)).rejects.toThrow('answered 500');
    expect(exchange.failure).toMatchObject({ status: 500, bodyText: 'half' });
  });

  it('follows no redirect', async () => {
    handler = (_request, response) => void response.writeHead(307, { location: '/other' }).end();
    await expect(askVendor(exchange, toRequest(), BYTES_MAX)).rejects.toThrow('answered 307');
    expect(requests).toHaveLength(1);
  });

  it('throws what the connection threw when an answer breaks off', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(askVendor(exchange, toRequest(), BYTES_MAX)).rejects.toMatchObject({
      code: 'UND_ERR_SOCKET',
    });
    expect(exchange.failure).toBeNull();
  });

  it('ends the request when its caller leaves', async () => {
    const controller = new AbortController();
    const gone = new Promise((resolve) => {
      handler = (request) => {
        request.socket.once('close', resolve);
        controller.abort(REASON);
      };
    });
    const asked = askVendor(exchange, toRequest(controller.signal), BYTES_MAX);
    await expect(asked).rejects.toBe(REASON);
    await gone;
    expect(exchange.wasSent).toBe(true);
  });

  it('sends nothing for a caller who left while all connections were taken', async () => {
    let answerFirst = (): void => undefined;
    handler = (_request, response) => {
      answerFirst = () => void response.end('{}');
    };
    const first = askVendor(http.open(), toRequest(), BYTES_MAX);
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const controller = new AbortController();
    const asked = askVendor(exchange, toRequest(controller.signal), BYTES_MAX);
    controller.abort(REASON);
    await expect(asked).rejects.toBe(REASON);
    answerFirst();
    await first;
    handler = (_request, response) => void response.end('{}');
    await askVendor(http.open(), toRequest(), BYTES_MAX);
    expect(exchange.wasSent).toBe(false);
    expect(requests).toHaveLength(2);
  });
});

describe('an answer that is read while it comes', () => {
  it('begins with the headers and streams the rest', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'apim-request-id': 'two' });
      response.write('a');
      setTimeout(() => response.end('b'), 20);
    };
    const { headers, content } = await beginAtVendor(exchange, toRequest());
    expect(headers['apim-request-id']).toBe('two');
    const parts: string[] = [];
    for await (const part of content) parts.push(String(part));
    expect(parts.join('')).toBe('ab');
    expect(exchange.wasSent).toBe(true);
  });

  it('notes a failure with its body', async () => {
    handler = (_request, response) => void response.writeHead(401).end('no key');
    await expect(beginAtVendor(exchange, toRequest())).rejects.toThrow('answered 401');
    expect(exchange.failure).toMatchObject({ status: 401, bodyText: 'no key' });
  });

  it('sends nothing where nobody listens', async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await expect(beginAtVendor(exchange, toRequest())).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(exchange.wasSent).toBe(false);
  });
});
