// Proves that no address that somebody writes leads to a private place: every spelling, name and redirect, in every
// field that takes one. A listener on this machine must not see a single connection.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HostResolver } from '../../src/outbound/host-resolver.port.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';

const CONNECTIONS = '/api/v1/connections';
const GENERATIONS = '/api/v1/image-generations';

let atelier: TestApplication;
let canary: Server;
let connections = 0;
let port: number;
let operator: Record<string, string>;

beforeAll(async () => {
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  canary.listen(0);
  await once(canary, 'listening');
  port = (canary.address() as AddressInfo).port;
  atelier = await startApplication();
  operator = operatorOf(atelier);
});
afterAll(async () => {
  expect(connections).toBe(0);
  await atelier.stop();
  canary.close();
  await once(canary, 'close');
});

/** `PORT` is the listener's. */
const FORBIDDEN = [
  'https://127.0.0.1:PORT/v1',
  'https://127.1:PORT/v1',
  'https://2130706433:PORT/v1',
  'https://0177.0.0.1:PORT/v1',
  'https://0x7f000001:PORT/v1',
  'https://0x7f.0.0.1:PORT/v1',
  'https://0.0.0.0:PORT/v1',
  'https://[::1]:PORT/v1',
  'https://[::ffff:127.0.0.1]:PORT/v1',
  'https://[::ffff:7f00:1]:PORT/v1',
  'https://[64:ff9b::7f00:1]:PORT/v1',
  'https://localhost:PORT/v1',
  'https://LOCALHOST.:PORT/v1',
  'https://service.internal:PORT/v1',
  'https://10.0.0.1/v1',
  'https://172.16.0.1/v1',
  'https://192.168.1.1/v1',
  'https://169.254.169.254/latest/meta-data',
  'https://[fd00:ec2::254]/latest',
  'https://[fe80::1]/v1',
  'https://someone:secret@example.com/v1',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/_x',
  'ftp://127.0.0.1:PORT/x',
  'no address at all',
];

const toUrl = (form: string): string => form.replace('PORT', String(port));
const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  atelier.call(method, path, body, operator);
const target = (url: string) => ({ provider: 'openai', base_url: url, api_key: 'a-key' });
const draft = (url: string) => ({ ...target(url), scope: 'user', name: 'Ours' });
const picture = (more: object) => ({
  search_space_id: atelier.spaceId,
  prompt: 'a boat',
  model: 'embedded-image',
  size: '64x64',
  ...more,
});

describe('an address that somebody writes', () => {
  it.each(FORBIDDEN)('is refused as that of a connection: %s', async (form) => {
    const url = toUrl(form);
    const kept = await must(
      atelier,
      201,
      'POST',
      CONNECTIONS,
      draft('https://vendor.invalid'),
      operator,
    );
    const path = `${CONNECTIONS}/${kept.id}`;
    const answers = [
      await call('POST', CONNECTIONS, draft(url)),
      await call('PATCH', path, { base_url: url, api_key: 'a-key' }),
      await call('POST', `${CONNECTIONS}/test-preview`, target(url)),
      await call('POST', `${CONNECTIONS}/discover-preview`, target(url)),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body.errors[0].field).toBe('base_url');
    }
    await must(atelier, 204, 'DELETE', path, undefined, operator);
    expect(connections).toBe(0);
  });

  it.each(FORBIDDEN)('is not fetched as a picture or a mask: %s', async (form) => {
    const reference = { url: toUrl(form) };
    for (const more of [
      { operation: 'edit', reference_images: [reference] },
      { operation: 'inpaint', reference_images: [reference], mask: reference },
    ]) {
      const refused = await call('POST', GENERATIONS, picture(more));
      expect({ form, status: refused.status }).toEqual({ form, status: 400 });
    }
    expect(connections).toBe(0);
  });

  it.each([
    ['a private address', [['127.0.0.1']]],
    [
      'a public address at first and a private one then',
      [['93.184.215.14', '127.0.0.1'], ['127.0.0.1']],
    ],
    ['the metadata service', [['169.254.169.254']]],
  ])('is not called when its name leads to %s', async (_name, answers) => {
    let questions = 0;
    const resolving = vi
      .spyOn(atelier.app.get(HostResolver), 'resolve')
      .mockImplementation(() =>
        Promise.resolve(answers[Math.min(questions++, answers.length - 1)]!),
      );
    try {
      const url = `https://rebind.example.com:${port}/v1`;
      const kept = await must(atelier, 201, 'POST', CONNECTIONS, draft(url), operator);
      const path = `${CONNECTIONS}/${kept.id}`;
      for (const at of ['/verify', '/discover']) {
        const told = await must(atelier, 200, 'POST', `${path}${at}`, undefined, operator);
        expect(told.status).toBe('unreachable');
      }
      for (const at of ['test-preview', 'discover-preview']) {
        const told = await must(
          atelier,
          200,
          'POST',
          `${CONNECTIONS}/${at}`,
          target(url),
          operator,
        );
        expect(told.status).toBe('unreachable');
      }
      const more = { operation: 'edit', reference_images: [{ url }] };
      expect((await call('POST', GENERATIONS, picture(more))).status).toBe(400);
      await must(atelier, 204, 'DELETE', path, undefined, operator);
      expect(questions).toBeGreaterThan(4);
    } finally {
      resolving.mockRestore();
    }
    expect(connections).toBe(0);
  });
});
