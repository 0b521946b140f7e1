/** What a key may ask for, in the whole application: models, making or editing, and what it is told of its own use. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sql } from '../../src/persistence/sql.port.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { createKey, createPerson, createSpace, must, operatorOf } from '../setup/people.js';

const GENERATIONS = '/api/v1/image-generations';
const OPENAI = '/v1/images/generations';
const KEYS = '/api/v1/api-keys';
const SMALL = { prompt: 'a fox', size: '32x32' };
/** One white pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';

describe('what a key may ask for', () => {
  let atelier: TestApplication;
  let operator: Record<string, string>;

  beforeAll(async () => {
    atelier = await startApplication();
    operator = operatorOf(atelier);
  });
  afterAll(async () => {
    await atelier.stop();
  });

  const make = (more: object) => createKey(atelier, operator, atelier.spaceId, more);
  const books = async () => {
    const wallet = (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
    const rows = (await atelier.call('GET', `${GENERATIONS}?limit=100`)).body.data.length;
    return [wallet.available_micros, wallet.held_micros, rows];
  };

  it('is only the models it is allowed, named or chosen for it, before any money is held', async () => {
    const { headers, id } = await make({ allowed_models: ['gpt-*', 'other'] });
    const before = await books();
    for (const body of [
      SMALL,
      { ...SMALL, model: 'embedded-image' },
      { ...SMALL, model: 'auto' },
    ]) {
      const native = await atelier.call('POST', GENERATIONS, body, headers);
      expectProblem(native, { status: 403, code: 'auth.model_not_allowed' });
      const { model = 'embedded-image' } = body as { model?: string };
      expect(native.body.model).toBe(model);
      const openai = await atelier.call('POST', OPENAI, body, headers);
      expectOpenaiError(openai, {
        status: 403,
        code: 'auth.model_not_allowed',
        field: 'model',
      });
    }
    expect(await books()).toEqual(before);
    await must(
      atelier,
      200,
      'PATCH',
      `${KEYS}/${id}`,
      { allowed_models: ['embedded-*'] },
      operator,
    );
    await must(atelier, 201, 'POST', GENERATIONS, SMALL, headers);
    expect((await atelier.call('POST', OPENAI, SMALL, headers)).status).toBe(200);
  });

  it('is what its list of models shows', async () => {
    const list = async (headers: object) =>
      (await atelier.call('GET', '/api/v1/models', undefined, headers)).body.data;
    const all: { id: string }[] = await list(operator);
    expect(all.length).toBeGreaterThan(2);
    expect(await list((await make({})).headers)).toEqual(all);
    const { headers } = await make({ allowed_models: ['embedded-*'] });
    const shown: { id: string }[] = await list(headers);
    expect(shown.map(({ id }) => id)).toEqual(
      all.map(({ id }) => id).filter((id) => id.startsWith('embedded-')),
    );
    expect(shown.length).toBeGreaterThan(0);
    const blind = await make({ scopes: ['images.read'] });
    const refused = await atelier.call('GET', '/api/v1/models', undefined, blind.headers);
    expectProblem(refused, { status: 403, code: 'auth.scope_missing' });
    expect(refused.body.scope).toBe('models.list');
  });

  it('ends with its maker`s place in the space, also where no space is named', async () => {
    const owner = await createPerson(atelier, 'owner');
    const guest = await createPerson(atelier, 'guest');
    const space = await createSpace(atelier, owner);
    const members = `/api/v1/search-spaces/${space}/members`;
    await must(
      atelier,
      201,
      'POST',
      members,
      { email: guest.email, role: 'Editor' },
      owner.session,
    );
    const { headers } = await createKey(atelier, guest.session, space, {});
    expect((await atelier.call('GET', '/api/v1/models', undefined, headers)).status).toBe(200);
    await must(atelier, 204, 'DELETE', `${members}/${guest.id}`, undefined, owner.session);
    expect((await atelier.call('GET', '/api/v1/models', undefined, headers)).status).toBe(404);
  });

  it('is plain pictures with images.generate and edits with images.edit, neither with the other', async () => {
    const edit = {
      ...SMALL,
      operation: 'edit',
      reference_images: [{ data: `data:image/png;base64,${PIXEL}` }],
    };
    const maker = (await make({ scopes: ['images.generate'] })).headers;
    const editor = (await make({ scopes: ['images.edit'] })).headers;
    const both = (await make({})).headers;
    for (const [headers, body, scope] of [
      [maker, edit, 'images.edit'],
      [editor, SMALL, 'images.generate'],
    ] as const) {
      const before = await books();
      const refused = await atelier.call('POST', GENERATIONS, body, headers);
      expectProblem(refused, { status: 403, code: 'auth.scope_missing' });
      expect(refused.body.scope).toBe(scope);
      expect(await books()).toEqual(before);
    }
    for (const [headers, body] of [
      [maker, SMALL],
      [editor, edit],
      [both, SMALL],
      [both, edit],
    ] as const) {
      await must(atelier, 201, 'POST', GENERATIONS, body, headers);
    }
  });

  it('and what it has used is told to itself and to its maker, row for row', async () => {
    const { id, headers } = await make({
      scopes: ['images.generate'],
      allowed_models: ['embedded-image'],
      rate_limit_per_minute: 50,
      rate_limit_per_day: 500,
    });
    await must(atelier, 201, 'POST', GENERATIONS, { ...SMALL, n: 2 }, headers);
    await must(atelier, 201, 'POST', GENERATIONS, SMALL, headers);
    const own = await must(atelier, 200, 'GET', `${KEYS}/current/usage`, undefined, headers);
    expect(own).toMatchObject({
      api_key_id: id,
      api_key_name: 'A key',
      requests: 2,
      pictures: 3,
      cost_micros: 3_000,
      tokens: 0,
      scopes: ['images.generate'],
      allowed_models: ['embedded-image'],
      rate_limits: [
        { window_s: 60, limit: 50 },
        { window_s: 86_400, limit: 500, remaining: 497 },
      ],
    });
    const seen = await must(atelier, 200, 'GET', `${KEYS}/${id}/usage`, undefined, operator);
    expect(seen.rate_limits[1].remaining).toBe(497);
    const usage = await atelier.call('GET', '/api/v1/billing/usage?limit=100');
    const rows: { api_key_id: string; charged_micros: number }[] = usage.body.data;
    const charged = rows.filter((row) => row.api_key_id === id).map((row) => row.charged_micros);
    expect(charged.reduce((sum, micros) => sum + micros, 0)).toBe(own.cost_micros);

    const session = await atelier.call('GET', `${KEYS}/current/usage`, undefined, operator);
    expectProblem(session, { status: 400, code: 'request.invalid' });
    const stranger = await createPerson(atelier, 'stranger');
    const foreign = await atelier.call('GET', `${KEYS}/${id}/usage`, undefined, stranger.session);
    expect(foreign.status).toBe(404);
    expect((await atelier.call('GET', `${KEYS}/${id}/usage`, undefined, headers)).status).toBe(403);
  });

  it('costs no query once it is known, whatever the key is held to', async () => {
    const { headers } = await make({
      allowed_models: ['embedded-*'],
      allowed_endpoints: ['/api/v1/*'],
      allowed_cidrs: ['127.0.0.0/8', '::1'],
      denied_cidrs: ['10.0.0.0/8'],
      rate_limit_per_minute: 1_000,
      rate_limit_per_day: 10_000,
    });
    const ask = () => must(atelier, 200, 'GET', '/api/v1/models', undefined, headers);
    await ask();
    const sql = atelier.app.get(Sql);
    const query = sql.query.bind(sql);
    const asked: string[] = [];
    sql.query = (name, ...rest) => {
      asked.push(name);
      return query(name, ...rest);
    };
    // Again where the machine stood still in between: then the epoch is not known, and caches are off.
    const askAgain = async () => {
      asked.length = 0;
      for (let count = 0; count < 20; count += 1) await ask();
      return asked.filter((name) => /^(auth|rbac)_/.test(name) && name !== 'auth_write_key_usage');
    };
    try {
      await expect.poll(askAgain, { timeout: 30_000 }).toEqual([]);
    } finally {
      sql.query = query;
    }
  });
});
