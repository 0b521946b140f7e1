// Proves that a vendor's socket is listened to through the guard, within its time and its bounds, and always let go.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { AppConfig } from '../../config/app-config.js';
import { createGuardedDispatcher } from '../../outbound/guarded-dispatcher.js';
import { HostResolver } from '../../outbound/host-resolver.port.js';
import { OutboundGuard } from '../../outbound/outbound-guard.js';
import { PROVIDER_DISPATCHER_OPTIONS } from './provider-http.js';
import { listenToSocket, type SocketRequest } from './vendor-socket.js';

const LONG_MS = 60_000;

class LoopbackResolver extends HostResolver {
  async resolve(): Promise<string[]> {
    return Promise.resolve(['127.0.0.1']);
  }
}

let server: Server;
let sockets: WebSocketServer;
let connections: Socket[];
let dispatcher: Dispatcher;
let url: string;

beforeEach(async () => {
  connections = [];
  server = createServer((_request, response) => void response.writeHead(404).end());
  server.on('connection', (socket) => connections.push(socket));
  sockets = new WebSocketServer({ server, path: '/ws' });
  sockets.on('connection', (client, { headers }) => {
    client.on('error', () => undefined);
    client.send(`key ${headers.authorization}`);
    client.send(Buffer.from([1, 2, 3]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  dispatcher = dispatchFor(['127.0.0.1']);
});
afterEach(async () => {
  await dispatcher.destroy();
  for (const socket of connections) socket.destroy();
  sockets.close();
  server.close();
});

function dispatchFor(allow: string[]): Dispatcher {
  const config = { outbound: { allow } } as unknown as AppConfig;
  const guard = new OutboundGuard(config, new LoopbackResolver());
  return createGuardedDispatcher(guard, PROVIDER_DISPATCHER_OPTIONS);
}

function toRequest(overrides: Partial<SocketRequest> = {}): SocketRequest {
  const { signal } = new AbortController();
  const headers = { authorization: 'Bearer simulated' };
  return { url, headers, signal, timeoutMs: LONG_MS, onMessage: () => false, ...overrides };
}

async function expectLetGo(): Promise<void> {
  await expect
    .poll(() => connections.every((one) => one.destroyed), { timeout: LONG_MS })
    .toBe(true);
}

describe('a vendor’s socket', () => {
  it('is told as it comes, text and bytes, until enough was heard', async () => {
    const heard: (string | Uint8Array)[] = [];
    const onMessage = (message: string | Uint8Array): boolean => heard.push(message) === 2;
    expect(await listenToSocket(dispatcher, toRequest({ onMessage }))).toBe(true);
    expect(heard).toEqual(['key Bearer simulated', new Uint8Array([1, 2, 3])]);
    await expectLetGo();
  });

  it('is not connected to where the guard does not let us', async () => {
    const strict = dispatchFor([]);
    for (const address of [url, url.replace('127.0.0.1', 'inside.example.com')]) {
      expect(await listenToSocket(strict, toRequest({ url: address }))).toBe(false);
    }
    expect(connections).toEqual([]);
    await strict.destroy();
  });

  it('is let go when the time is over, or the caller goes', async () => {
    expect(await listenToSocket(dispatcher, toRequest({ timeoutMs: 200 }))).toBe(true);
    const controller = new AbortController();
    const onMessage = (): boolean => {
      controller.abort();
      return false;
    };
    const request = toRequest({ signal: controller.signal, onMessage });
    expect(await listenToSocket(dispatcher, request)).toBe(true);
    expect(await listenToSocket(dispatcher, request)).toBe(false);
    await expectLetGo();
  });

  it('is no fault where there is none, or where it says too much', async () => {
    expect(await listenToSocket(dispatcher, toRequest({ url: `${url}/none` }))).toBe(false);
    sockets.on('connection', (client) => client.send(Buffer.alloc(4_194_305)));
    let heard = 0;
    const onMessage = (): boolean => (heard += 1) === 3;
    expect(await listenToSocket(dispatcher, toRequest({ onMessage }))).toBe(true);
    expect(heard).toBe(2);
    await expectLetGo();
  });

  it('gives back what its listener threw, unchanged', async () => {
    const fault = new Error('mine');
    const onMessage = (): boolean => {
      throw fault;
    };
    await expect(listenToSocket(dispatcher, toRequest({ onMessage }))).rejects.toBe(fault);
    await expectLetGo();
  });
});
