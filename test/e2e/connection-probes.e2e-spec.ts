// Proves what vendors are asked about a credential, what their answers are told as, and that nothing of it is kept but
// what they name anew, disabled.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSilentServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';

const CONNECTIONS = '/api/v1/connections';
const OWN_KEY = 'own-credential-of-a-team-ABCD';

let atelier: TestApplication;
let models: Server;
let modelsUrl: string;
let anna: Person;
let space: string;
/** What the vendor answers. */
let answer: { status: number; body: string; headers?: Record<string, string> };
let asked: { path: string; authorization: string | undefined }[] = [];

beforeAll(async () => {
  atelier = await startApplication({ OUTBOUND_ALLOW: '127.0.0.1' });
  models = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body);
  });
  models.listen(0, '127.0.0.1');
  await once(models, 'listening');
  modelsUrl = `http://127.0.0.1:${(models.address() as AddressInfo).port}/v1`;
  anna = await createPerson(atelier, 'anna');
  space = await createSpace(atelier, anna, 0);
});
afterAll(async () => {
  await atelier.stop();
  models.closeAllConnections();
  models.close();
  await once(models, 'close');
});

function create(session: Record<string, string>, more: object): Promise<Answer['body']> {
  const body = {
    scope: 'space',
    search_space_id: space,
    provider: 'openai',
    name: 'Our own account',
    api_key: OWN_KEY,
    ...more,
  };
  return must(atelier, 201, 'POST', CONNECTIONS, body, session);
}

describe('what vendors are asked', () => {
  const target = () => ({ provider: 'openai', base_url: modelsUrl, api_key: OWN_KEY });

  it.each([
    [200, '{"object":"list","data":[]}', 'ok'],
    [401, '{}', 'auth_failed'],
    [403, '{}', 'auth_failed'],
    [404, '{}', 'not_found'],
    [200, '<html>a captive portal</html>', 'not_found'],
    [302, '{}', 'not_found'],
    [429, '{}', 'rate_limited'],
    [500, '{}', 'unreachable'],
  ])('tells %i with %s as %s', async (status, body, expected) => {
    asked = [];
    answer = { status, body, headers: status === 302 ? { location: 'http://127.0.0.1:1/' } : {} };
    const result = await must(
      atelier,
      200,
      'POST',
      `${CONNECTIONS}/test-preview`,
      target(),
      anna.session,
    );
    expect(result.status).toBe(expected);
    expect(asked).toEqual([{ path: '/v1/models', authorization: `Bearer ${OWN_KEY}` }]);
    expect(JSON.stringify(result)).not.toContain(OWN_KEY);
  });

  it('tells a closed port as unreachable, and keeps nothing of a preview', async () => {
    const dead = { ...target(), base_url: 'http://127.0.0.1:1/v1' };
    const path = `${CONNECTIONS}/test-preview`;
    expect(await must(atelier, 200, 'POST', path, dead, anna.session)).toMatchObject({
      status: 'unreachable',
    });
    answer = { status: 200, body: JSON.stringify({ data: [{ id: 'previewed' }] }) };
    const found = await must(
      atelier,
      200,
      'POST',
      `${CONNECTIONS}/discover-preview`,
      target(),
      anna.session,
    );
    expect(found).toMatchObject({ status: 'ok', found: 1, models: [{ name: 'previewed' }] });
    const rows = await atelier.app
      .get(ManagedDataSource)
      .query(`SELECT name FROM connection_models WHERE name = 'previewed'`);
    expect(rows).toEqual([]);
  });

  it('keeps what a vendor names anew, disabled, and once', async () => {
    const { id } = await create(anna.session, { base_url: modelsUrl });
    const path = `${CONNECTIONS}/${id}`;
    const names = [
      'gpt-image-2',
      'house-chat-7',
      'text-embedding-nova',
      'flux-nova',
      'auto',
      '',
      'x'.repeat(300),
    ];
    answer = {
      status: 200,
      body: JSON.stringify({ data: [...names.map((name) => ({ id: name })), { id: 7 }, null] }),
    };
    expect(
      await must(atelier, 200, 'POST', `${path}/verify`, undefined, anna.session),
    ).toMatchObject({ status: 'ok' });
    const found = await must(atelier, 200, 'POST', `${path}/discover`, undefined, anna.session);
    expect(found.models).toEqual([
      { name: 'house-chat-7', kind: 'chat', title: null },
      { name: 'text-embedding-nova', kind: 'embedding', title: null },
      { name: 'flux-nova', kind: 'image', title: null },
    ]);
    const again = await must(atelier, 200, 'POST', `${path}/discover`, undefined, anna.session);
    expect(again.models).toEqual([]);
    const listed = await must(atelier, 200, 'GET', `${path}/models`, undefined, anna.session);
    expect(listed.data).toHaveLength(3);
    expect(
      listed.data.every(
        ({ is_enabled, source }: Answer['body']) => !is_enabled && source === 'discovered',
      ),
    ).toBe(true);
  });
});

describe('questions that nobody answers', () => {
  it('of one user leave room for those of others', async () => {
    const bert = await createPerson(atelier, 'bert');
    const sockets = new Set<Socket>();
    const silent = createSilentServer((socket) => sockets.add(socket));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const base_url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
    const ask = (session: Record<string, string>, target: object) =>
      atelier.call('POST', `${CONNECTIONS}/test-preview`, target, session);
    const slow = { provider: 'openai', base_url, api_key: OWN_KEY };
    const held = Array.from({ length: 4 }, () => ask(anna.session, slow));
    await expect.poll(() => sockets.size, { timeout: 30_000 }).toBe(4);
    expect(await ask(anna.session, slow)).toMatchObject({
      status: 503,
      body: { code: 'upstream.busy' },
    });
    answer = { status: 200, body: '{"data":[]}' };
    const fast = await ask(bert.session, { ...slow, base_url: modelsUrl });
    expect(fast).toMatchObject({ status: 200, body: { status: 'ok' } });
    for (const socket of sockets) socket.destroy();
    await Promise.all(held);
    expect((await ask(anna.session, { ...slow, base_url: modelsUrl })).status).toBe(200);
    silent.close();
    await once(silent, 'close');
  });
});
