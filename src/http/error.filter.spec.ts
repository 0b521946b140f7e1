/** Proves on a real connection which ends of a streamed answer count as faults, and what of a path is repeated. */
import { connect } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErrorFilter } from './error.filter.js';

let app: FastifyInstance;
let body: PassThrough;
let handled: EventEmitter;
const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(async () => {
  vi.clearAllMocks();
  body = new PassThrough();
  handled = new EventEmitter();
  const filter = new ErrorFilter(logger);
  app = fastify();
  app.setErrorHandler((error, request, reply) => filter.answer(error, request, reply));
  app.post('/', (_request, reply) => {
    setImmediate(() => handled.emit('asked'));
    return reply.send(body);
  });
  app.post('/late', async (request, reply) => {
    handled.emit('asked');
    await once(request.raw.socket, 'close');
    return reply.send(body);
  });
  app.get('/api/*', () => {
    throw new Error('nothing works here');
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

async function ask(path = '/') {
  const { port } = app.server.address() as { port: number };
  const asked = once(handled, 'asked');
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: 2\r\n\r\n{}`);
  await asked;
  return socket;
}

describe('ErrorFilter', () => {
  it.each(['/', '/late'])('takes a client that hung up on %s for no fault', async (path) => {
    const socket = await ask(path);
    socket.destroy();
    await once(body, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    expect(logger.error).not.toHaveBeenCalled();
  });

  it('reports an answer that broke off here while the client waited', async () => {
    const socket = await ask();
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    body.destroy(new Error('the disk is gone'));
    const [text] = await answered;
    expect(String(text)).toMatch(/^HTTP\/1\.1 500 /);
    expect(logger.error).toHaveBeenCalledOnce();
    socket.destroy();
  });

  it.each([
    ['/api/v1/api-keys?key=x', '/api/v1/api-keys'],
    ['/api/v1/users/019a0000-0000-7000-8000-000000000000', null],
    [
      '/api/v1/invites/Zk3xQ-aaaaaaaaaaaaaaaaaaaaaaaaaa/accept',
      '/api/v1/invites/[redacted]/accept',
    ],
    ['/api/v1/pass%20word', '/api/v1/[redacted]'],
    ['/api/v1/a-word-that-is-longer-than-any-id-or-name', '/api/v1/[redacted]'],
  ])('repeats of the path %s what is a word or an id', async (url, instance) => {
    const answer = await app.inject({ method: 'GET', url });
    expect(answer.json<{ instance: string }>().instance).toBe(instance ?? url);
  });
});
