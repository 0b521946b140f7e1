// Proves that a client which stops reading its stream holds neither money nor the service: the call ends at its deadline.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startApplication, type TestApplication } from '../setup/application.js';

const CHAT = '/v1/chat/completions';
const MODEL = 'gpt-4.1-mini';
const SOON = { timeout: 30_000, interval: 100 };
const DEADLINE_S = '2';

let vendor: Server;
let atelier: TestApplication;
/** Answers of the vendor that were broken off. */
let left = 0;

beforeAll(async () => {
  vendor = createServer((request, response) => {
    response.once('close', () => (left += 1));
    request.resume().once('end', () => streamForEver(response));
  });
  await new Promise<void>((resolve) => void vendor.listen(0, '127.0.0.1', resolve));
  const { port } = vendor.address() as AddressInfo;
  atelier = await startApplication({
    OPENAI_API_KEY: 'vendor-key-of-these-tests',
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    OUTBOUND_ALLOW: '127.0.0.1',
    UPSTREAM_REPEATS_MAX: '0',
    BREAKER_FAILURES: '1',
    INFERENCE_DEADLINE_S: DEADLINE_S,
  });
});
afterAll(async () => {
  await atelier.stop();
  vendor.closeAllConnections();
  vendor.close();
});

function streamForEver(response: ServerResponse): void {
  const choices = [{ index: 0, delta: { content: 'lamp '.repeat(1_000) }, finish_reason: null }];
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: MODEL, choices };
  const event = `data: ${JSON.stringify(chunk)}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const go = () => {
    while (!response.destroyed && response.write(event));
    if (!response.destroyed) response.once('drain', go);
  };
  go();
}

/** Asks for a stream and never reads of it. */
function askAndStall(): Socket {
  const { hostname, port } = new URL(atelier.baseUrl);
  const socket = connect(Number(port), hostname);
  const messages = [{ role: 'user', content: 'Go on and on.' }];
  const body = JSON.stringify({ model: MODEL, stream: true, messages });
  const head = [
    `POST ${CHAT} HTTP/1.1`,
    'host: atelier',
    `authorization: ${atelier.key.authorization}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  socket.on('error', () => undefined).pause();
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

const read = async (path: string) => (await atelier.call('GET', path)).body.data;

it('a reader that stalls is left at the deadline, pays what came, and is no fault of the vendor', async () => {
  const sockets = [askAndStall(), askAndStall()];
  await vi.waitFor(() => expect(left).toBe(2), SOON);
  await vi.waitFor(async () => {
    const [wallet] = await read('/api/v1/billing/wallets');
    expect(wallet.held_micros).toBe(0);
    expect(await read('/api/v1/billing/usage')).toMatchObject(
      sockets.map(() => ({ outcome: 'canceled', is_estimated: true })),
    );
  }, SOON);
  for (const { charged_micros: charged } of await read('/api/v1/billing/usage')) {
    expect(charged).toBeGreaterThan(0);
  }
  // One fault would have opened the breaker of the connection for everybody.
  const messages = [{ role: 'user', content: 'And on.' }];
  const next = await fetch(`${atelier.baseUrl}${CHAT}`, {
    method: 'POST',
    headers: { ...atelier.key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, stream: true, messages }),
  });
  expect(next.status).toBe(200);
  await next.body!.cancel();
  for (const socket of sockets) socket.destroy();
});
