// Proves who may keep which credentials, that a secret never comes back nor goes elsewhere, and that a call on one's own
// credential is charged by nobody here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import type { Answer } from '../setup/application.js';
import {
  addMember,
  createKey,
  createPerson,
  createSpace,
  must,
  operatorOf,
  type Person,
} from '../setup/people.js';
import {
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';

const CONNECTIONS = '/api/v1/connections';
/** Permitted, and nobody there. */
const modelsUrl = 'http://127.0.0.1:1/v1';
const OWN_KEY = 'own-credential-of-a-team-ABCD';

let atelier: VendorApplication;
let own: OpenaiSimulator;
let operator: Record<string, string>;
let anna: Person;
let bert: Person;
let space: string;

beforeAll(async () => {
  atelier = await startWithVendor();
  own = await OpenaiSimulator.start({ apiKey: OWN_KEY });
  operator = operatorOf(atelier);
  [anna, bert] = [await createPerson(atelier, 'anna'), await createPerson(atelier, 'bert')];
  space = await createSpace(atelier, anna, 10_000);
});
afterAll(async () => {
  await atelier.stop();
  await own.stop();
});

const call = (method: string, path: string, session: object, body?: unknown): Promise<Answer> =>
  atelier.call(method, path, body, session);

const draft = (more: object = {}) => ({
  scope: 'space',
  search_space_id: space,
  provider: 'openai',
  name: 'Our own account',
  base_url: own.baseUrl,
  api_key: OWN_KEY,
  ...more,
});

const create = (session: Record<string, string>, more: object = {}): Promise<Answer['body']> =>
  must(atelier, 201, 'POST', CONNECTIONS, draft(more), session);

describe('connections', () => {
  it('hand nothing of the secret back but its last four', async () => {
    const made = await create(anna.session);
    expect(made).toMatchObject({
      has_api_key: true,
      api_key_hint: 'ABCD',
      scope: 'space',
      origin: 'api',
    });
    const path = `${CONNECTIONS}/${made.id}`;
    const answers = [
      made,
      await must(atelier, 200, 'GET', path, undefined, anna.session),
      await must(
        atelier,
        200,
        'GET',
        `${CONNECTIONS}?search_space_id=${space}`,
        undefined,
        anna.session,
      ),
      await must(atelier, 200, 'PATCH', path, { priority: 70 }, anna.session),
      await must(
        atelier,
        200,
        'GET',
        `/api/v1/audit-events?target_id=${made.id}`,
        undefined,
        operator,
      ),
    ];
    expect(JSON.stringify(answers)).not.toContain('own-credential');
    expect(answers[4].data.map(({ action }: { action: string }) => action).sort()).toEqual([
      'connection.created',
      'connection.updated',
    ]);
    const rows = await atelier.app.get(ManagedDataSource).query('SELECT * FROM connections');
    expect(JSON.stringify(rows)).not.toContain('own-credential');
  });

  it('send a secret nowhere else: it is needed again when the address or the header changes', async () => {
    const { id } = await create(anna.session);
    const path = `${CONNECTIONS}/${id}`;
    for (const change of [
      { base_url: modelsUrl },
      { base_url: null },
      { extra: { key_header: 'api-key' } },
    ]) {
      const refused = await call('PATCH', path, anna.session, change);
      expect(refused.status).toBe(400);
      expect(refused.body).toMatchObject({ code: 'connections.secret_required' });
    }
    const both = { base_url: modelsUrl, api_key: 'another-key-of-theirs' };
    const moved = await must(atelier, 200, 'PATCH', path, both, anna.session);
    expect(moved).toMatchObject({ base_url: modelsUrl, api_key_hint: 'heirs'.slice(-4) });
    const same = { base_url: `${modelsUrl}/`, name: 'Renamed' };
    expect(await must(atelier, 200, 'PATCH', path, same, anna.session)).toMatchObject({
      name: 'Renamed',
    });
    const without = await must(atelier, 200, 'PATCH', path, { api_key: null }, anna.session);
    expect(without).toMatchObject({ has_api_key: false, api_key_hint: null });
    await must(atelier, 200, 'PATCH', path, { base_url: own.baseUrl }, anna.session);
  });

  it("are the house's by operators alone, a space's by its members, and one's own", async () => {
    const house = { scope: 'global', search_space_id: undefined };
    const refused = await call('POST', CONNECTIONS, anna.session, draft(house));
    expect(refused.status).toBe(403);
    const ofHouse = await create(operator, { ...house, provider: 'stability', base_url: null });
    const ofAnna = await create(anna.session, { scope: 'user', search_space_id: undefined });
    const ofSpace = await create(anna.session);
    expect(ofAnna).toMatchObject({ user_id: anna.id, search_space_id: null });
    for (const [id, others] of [
      [ofHouse.id, [anna, bert].map(({ session }) => session)],
      [ofAnna.id, [bert.session, operator]],
      [ofSpace.id, [bert.session, operator]],
    ] as const) {
      const path = `${CONNECTIONS}/${id}`;
      for (const session of others) {
        for (const [method, at, body] of [
          ['GET', path],
          ['PATCH', path, { name: 'Taken' }],
          ['DELETE', path],
          ['POST', `${path}/verify`],
          ['POST', `${path}/discover`],
          ['GET', `${path}/models`],
          ['POST', `${path}/models`, { name: 'x', kind: 'chat' }],
          ['POST', `${path}/models/enable`, { names: ['x'] }],
          ['PATCH', `${path}/models/x`, { quality: 1 }],
          ['DELETE', `${path}/models/x`],
          ['POST', `${path}/models/x/test`],
        ] as const) {
          const foreign = await call(method, at, session, body);
          expect({ method, at, status: foreign.status }).toEqual({ method, at, status: 404 });
        }
      }
    }
    expect((await call('POST', CONNECTIONS, bert.session, draft())).status).toBe(404);
    const listed = await must(atelier, 200, 'GET', `${CONNECTIONS}?limit=100`, undefined, operator);
    const ids = listed.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(['env:openai', 'env:embedded', ofHouse.id]));
    expect(ids).not.toContain(ofAnna.id);
  });

  it('let viewers look, editors change and only the owner delete; keys do nothing of it', async () => {
    const home = { search_space_id: atelier.spaceId };
    await addMember(atelier, bert, 'Viewer');
    const carl = await createPerson(atelier, 'carl');
    await addMember(atelier, carl, 'Editor');
    const { id } = await create(operator, home);
    const path = `${CONNECTIONS}/${id}`;
    await must(atelier, 200, 'GET', path, undefined, bert.session);
    await must(atelier, 403, 'PATCH', path, { priority: 1 }, bert.session);
    await must(atelier, 403, 'POST', `${path}/verify`, undefined, bert.session);
    await must(atelier, 200, 'PATCH', path, { priority: 1 }, carl.session);
    await must(atelier, 403, 'DELETE', path, undefined, carl.session);
    const key = await createKey(atelier, operator, atelier.spaceId);
    await must(atelier, 403, 'GET', path, undefined, key.headers);
    await must(atelier, 403, 'PATCH', path, { priority: 1 }, key.headers);
    await must(atelier, 204, 'DELETE', path, undefined, operator);
    await must(atelier, 404, 'GET', path, undefined, operator);
  });

  it('of the settings keep their key and address there; an operator sets the rest on top', async () => {
    const path = `${CONNECTIONS}/env:openai`;
    const before = await must(atelier, 200, 'GET', path, undefined, operator);
    expect(before).toMatchObject({ origin: 'environment', has_api_key: true, created_at: null });
    expect(JSON.stringify(before)).not.toContain(VENDOR_KEY);
    for (const change of [{ api_key: 'x' }, { base_url: modelsUrl }, { extra: {} }]) {
      await must(atelier, 400, 'PATCH', path, change, operator);
    }
    const changed = await must(
      atelier,
      200,
      'PATCH',
      path,
      { slots_max: 5, priority: 60 },
      operator,
    );
    expect(changed).toMatchObject({ slots_max: 5, priority: 60, has_api_key: true });
    await must(atelier, 409, 'DELETE', path, undefined, operator);
    const models = `${path}/models/gpt-image-2`;
    await must(atelier, 200, 'PATCH', models, { is_enabled: false }, operator);
    const stored = await must(atelier, 200, 'GET', path, undefined, operator);
    expect(stored).toMatchObject({ slots_max: 5, created_at: expect.any(String) });
    await must(atelier, 204, 'DELETE', models, undefined, operator);
  });

  it('refuse what does not fit, naming the field', async () => {
    const wrong: [object, string][] = [
      [{ provider: 'nobody' }, 'provider'],
      [{ provider: 'embedded' }, 'provider'],
      [{ api_key: 'with a\nline' }, 'api_key'],
      [{ base_url: 'https://example.com/?key=1' }, 'base_url'],
      [{ base_url: 'http://example.com' }, 'base_url'],
      [{ extra: { query: { 'api-key': 'x' } } }, 'extra.query.api-key'],
      [{ extra: { query: { version: 'a b' } } }, 'extra.query.version'],
      [{ priority: 101 }, 'priority'],
      [{ load_factor: 0 }, 'load_factor'],
      [{ scope: 'user' }, 'search_space_id'],
      [{ search_space_id: undefined }, 'search_space_id'],
    ];
    for (const [more, field] of wrong) {
      const refused = await call('POST', CONNECTIONS, anna.session, draft(more));
      expect({ more, status: refused.status }).toEqual({ more, status: 400 });
      expect(JSON.stringify(refused.body)).toContain(field);
    }
  });
});

describe('models of a connection', () => {
  it('are added, described, enabled together and taken away', async () => {
    const { id } = await create(anna.session);
    const path = `${CONNECTIONS}/${id}/models`;
    const model = {
      name: 'team/pictures',
      kind: 'image',
      base_model: 'gpt-image-2',
      capabilities: { n_max: 2 },
    };
    expect(await must(atelier, 201, 'POST', path, model, anna.session)).toMatchObject({
      capabilities: { n_max: 2 },
      source: 'manual',
      is_enabled: true,
    });
    await must(atelier, 409, 'POST', path, model, anna.session);
    for (const [body, field] of [
      [{ ...model, name: 'b', base_model: 'no-such-model' }, 'base_model'],
      [{ ...model, name: 'b', capabilities: { nMax: 2 } }, 'capabilities.nMax'],
      [{ ...model, name: 'b', capabilities: { n_max: 0 } }, 'capabilities.n_max'],
      [{ ...model, name: 'b', capabilities: { operations: ['fly'] } }, 'capabilities.operations'],
      [{ ...model, name: 'b', kind: 'chat', capabilities: {} }, 'base_model'],
      [{ ...model, name: 'auto' }, 'name'],
    ] as const) {
      const refused = await call('POST', path, anna.session, body);
      expect({ field, status: refused.status }).toEqual({ field, status: 400 });
      expect(JSON.stringify(refused.body)).toContain(field);
    }
    const one = `${path}/${encodeURIComponent(model.name)}`;
    const changed = await must(atelier, 200, 'PATCH', one, { quality: 90 }, anna.session);
    expect(changed).toMatchObject({ quality: 90, capabilities: { n_max: 2 } });
    const names = [model.name, 'gpt-image-2'];
    const off = { names, is_enabled: false };
    expect(await must(atelier, 200, 'POST', `${path}/enable`, off, anna.session)).toEqual({
      changed: 2,
    });
    expect(await must(atelier, 200, 'POST', `${path}/enable`, { names }, anna.session)).toEqual({
      changed: 2,
    });
    await must(atelier, 400, 'POST', `${path}/enable`, { names: ['unknown'] }, anna.session);
    await must(atelier, 400, 'POST', `${path}/enable`, { names: [] }, anna.session);
    const listed = await must(atelier, 200, 'GET', `${path}?limit=1`, undefined, anna.session);
    expect(listed.data).toHaveLength(1);
    expect(listed.next_cursor).toEqual(expect.any(String));
    await must(atelier, 204, 'DELETE', one, undefined, anna.session);
    await must(atelier, 404, 'DELETE', one, undefined, anna.session);
  });
});

describe("a call on a space's own connection", () => {
  it('is made with its key and charged by nobody here', async () => {
    const { id } = await create(anna.session, { serves_catalog: false });
    const model = {
      name: 'only-here',
      kind: 'image',
      base_model: 'gpt-image-2',
      vendor_model: 'gpt-image-2',
    };
    await must(atelier, 201, 'POST', `${CONNECTIONS}/${id}/models`, model, anna.session);
    const key = await createKey(atelier, anna.session, space);
    const body = {
      search_space_id: space,
      prompt: 'a boat',
      model: 'only-here',
      size: '1024x1024',
      n: 1,
    };
    const made = await must(atelier, 201, 'POST', '/api/v1/image-generations', body, key.headers);
    expect(made).toMatchObject({
      status: 'succeeded',
      cost_micros: 0,
      provider: 'openai',
      model: 'only-here',
    });
    const usage = await must(
      atelier,
      200,
      'GET',
      `/api/v1/billing/usage?search_space_id=${space}`,
      undefined,
      anna.session,
    );
    expect(usage.data[0]).toMatchObject({ tier: 'byok', charged_micros: 0 });
    const wallets = await must(
      atelier,
      200,
      'GET',
      `/api/v1/billing/wallets?search_space_id=${space}`,
      undefined,
      anna.session,
    );
    expect(wallets.data[0]).toMatchObject({
      available_micros: 10_000,
      held_micros: 0,
      spent_micros: 0,
    });
    const elsewhere = { ...body, search_space_id: atelier.spaceId };
    expect((await call('POST', '/api/v1/image-generations', operator, elsewhere)).status).toBe(404);
  });
});

describe('model preferences', () => {
  const path = () => `/api/v1/search-spaces/${space}/model-preferences`;

  it('take what can be served and refuse the rest, naming the field', async () => {
    const nothing = {
      image_model: null,
      chat_model: null,
      embedding_model: null,
      fail_over_refusals: false,
      response_cache_ttl_s: null,
    };
    expect(await must(atelier, 200, 'GET', path(), undefined, anna.session)).toEqual(nothing);
    for (const [body, field] of [
      [{ image_model: 'no-such-model' }, 'image_model'],
      [{ image_model: 'embedded-chat' }, 'image_model'],
      [{ chat_model: 'embedded-image' }, 'chat_model'],
      [{ response_cache_ttl_s: 0 }, 'response_cache_ttl_s'],
      [{ response_cache_ttl_s: 86_401 }, 'response_cache_ttl_s'],
      [{ response_cache_ttl_s: 1.5 }, 'response_cache_ttl_s'],
    ] as const) {
      const refused = await call('PUT', path(), anna.session, body);
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body)).toContain(field);
    }
    const wanted = {
      image_model: 'embedded-image',
      chat_model: 'auto',
      embedding_model: null,
      fail_over_refusals: true,
      response_cache_ttl_s: 3_600,
    };
    expect(await must(atelier, 200, 'PUT', path(), wanted, anna.session)).toEqual(wanted);
    expect(await must(atelier, 200, 'GET', path(), undefined, anna.session)).toEqual(wanted);
    await must(atelier, 404, 'GET', path(), undefined, bert.session);
  });

  it('read as null once the model can no longer be served', async () => {
    const { id } = await create(anna.session, { serves_catalog: false });
    const models = `${CONNECTIONS}/${id}/models`;
    await must(atelier, 201, 'POST', models, { name: 'soon-gone', kind: 'image' }, anna.session);
    await must(atelier, 200, 'PUT', path(), { image_model: 'soon-gone' }, anna.session);
    await must(atelier, 200, 'PATCH', `${models}/soon-gone`, { is_enabled: false }, anna.session);
    const read = await must(atelier, 200, 'GET', path(), undefined, anna.session);
    expect(read.image_model).toBeNull();
    const refused = await call('PUT', path(), anna.session, { image_model: 'soon-gone' });
    expect(refused.status).toBe(400);
  });
});
