// Proves that a stopping server keeps no connection longer than the answers on it, whatever the connection was used for.
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpenConnections } from './open-connections.js';

let server: Server;
let connections: OpenConnections;
let answers: ServerResponse[];
let agent: Agent;

beforeEach(async () => {
  answers = [];
  agent = new Agent({ keepAlive: true });
  server = createServer((_request, response) => void answers.push(response));
  connections = new OpenConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
});

const port = () => (server.address() as AddressInfo).port;

/** Stops as the service does; resolves when every connection is gone. */
async function stop(): Promise<void> {
  connections.release();
  const closed = once(server, 'close');
  server.close();
  await closed;
}

async function ask(): Promise<{ text: Promise<string> }> {
  const asked = request({ port: port(), host: '127.0.0.1', agent }).end();
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  const text = answered.then(([response]) => readText(response));
  await expect.poll(() => answers.length).toBe(1);
  return { text };
}

describe('OpenConnections', () => {
  it('closes a connection that never sent a request', async () => {
    const socket = connect(port(), '127.0.0.1');
    await once(socket, 'connect');
    await stop();
    socket.destroy();
  });

  it('closes a connection that is kept for another request', async () => {
    const { text } = await ask();
    answers[0]?.end('whole');
    expect(await text).toBe('whole');
    await stop();
  });

  it('lets an answer that is under way be finished, then closes its connection', async () => {
    const { text } = await ask();
    answers[0]?.writeHead(200, { 'content-length': 9 }).write('be');
    let isStopped = false;
    const stopped = stop().then(() => (isStopped = true));
    answers[0]?.write('tween');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isStopped).toBe(false);
    answers[0]?.end('!!');
    expect(await text).toBe('between!!');
    await stopped;
  });
});
