/**
 * Proves what `GET /v1/models` and `GET /v1/models/{model}` say, and to whom: OpenAI's form, the names that the caller
 * can ask for now and no other, in OpenAI's own client and without a question to the database; and what models cost.
 */
import OpenAI, { NotFoundError, PermissionDeniedError } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import {
  createKey,
  createPerson,
  createSpace,
  must,
  operatorOf,
  type Person,
} from '../setup/people.js';

const MODELS = '/v1/models';
const ROUTES = '/api/v1/routes';
const CONNECTIONS = '/api/v1/connections';
const EMBEDDED = ['embedded-chat', 'embedded-embedding', 'embedded-image'];
const OWN = 'team/llama-4';

let atelier: TestApplication;
let person: Person;
let spaceId: string;

beforeAll(async () => {
  atelier = await startApplication();
  person = await createPerson(atelier, 'owner-of-models');
  spaceId = await createSpace(atelier, person, 0);
  const connection = await must(
    atelier,
    201,
    'POST',
    CONNECTIONS,
    {
      name: 'Own server',
      provider: 'openai',
      scope: 'space',
      search_space_id: spaceId,
      base_url: 'https://models.example.com/v1',
      api_key: 'a-key-of-the-team-0001',
      serves_catalog: false,
    },
    person.session,
  );
  const path = `${CONNECTIONS}/${connection.id}/models`;
  await must(atelier, 201, 'POST', path, { name: OWN, kind: 'chat' }, person.session);
});
afterAll(() => atelier.stop());
afterEach(async () => {
  const operator = operatorOf(atelier);
  for (const { id } of (await atelier.call('GET', ROUTES, undefined, operator)).body.data) {
    await must(atelier, 204, 'DELETE', `${ROUTES}/${id}`, undefined, operator);
  }
});

async function give(name: string, model: string, more: object = {}): Promise<void> {
  const body = { name, candidates: [{ model }], ...more };
  await must(atelier, 201, 'POST', ROUTES, body, operatorOf(atelier));
}

async function list(headers: object = atelier.key): Promise<string[]> {
  const { data } = await must(atelier, 200, 'GET', MODELS, undefined, headers);
  return data.map(({ id }: { id: string }) => id).toSorted();
}

const get = (name: string, headers: object = atelier.key) =>
  atelier.call('GET', `${MODELS}/${name}`, undefined, headers);
const inSpace = (id: string) => ({ ...person.session, 'x-search-space-id': id });

describe('GET /v1/models', () => {
  it('lists what can be asked for now, in the form of OpenAI', async () => {
    const body = await must(atelier, 200, 'GET', MODELS, undefined, atelier.key);
    expect(Object.keys(body).toSorted()).toEqual(['data', 'object']);
    expect(body.object).toBe('list');
    for (const model of body.data) {
      expect(model).toEqual({
        id: expect.any(String),
        object: 'model',
        created: expect.any(Number),
        owned_by: expect.stringMatching(/^(embedded|atelier)$/),
        shutdown_date: null,
      });
      expect(Number.isInteger(model.created)).toBe(true);
    }
    expect(await list()).toEqual(['auto', ...EMBEDDED]);
  });

  it('has the names that operators gave, where they count', async () => {
    await give('house-picture', 'embedded-image');
    await give('our/picture', 'embedded-image', { search_space_id: atelier.spaceId });
    expect(await list()).toEqual(['auto', ...EMBEDDED, 'house-picture', 'our/picture']);
    expect(await list(person.session)).not.toContain('our/picture');
    await give('only', 'embedded-chat', { search_space_id: atelier.spaceId, restrict: true });
    expect(await list()).toEqual(['auto', 'house-picture', 'only', 'our/picture']);
  });

  it('holds a key to the models it may ask for and to its space', async () => {
    const allowed = { allowed_models: ['embedded-chat', 'house-*'] };
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, allowed);
    await give('house-chat', 'embedded-chat');
    expect(await list(headers)).toEqual(['auto', 'embedded-chat', 'house-chat']);
    const foreign = { ...headers, 'x-search-space-id': spaceId };
    const refused = await atelier.call('GET', MODELS, undefined, foreign);
    expectOpenaiError(refused, { status: 404, code: 'request.not_found' });
    const own = await createKey(atelier, person.session, spaceId);
    expect(await list(own.headers)).toEqual(['auto', ...EMBEDDED, 'house-chat', OWN]);
  });

  it('shows a session all its spaces, or the one that it names', async () => {
    const plain = await createSpace(atelier, person, 0);
    await give('plain-picture', 'embedded-image', { search_space_id: plain });
    const all = ['auto', ...EMBEDDED, 'plain-picture', OWN].toSorted();
    expect(await list(person.session)).toEqual(all);
    expect(await list(inSpace(spaceId))).toEqual(['auto', ...EMBEDDED, OWN].toSorted());
    expect(await list(inSpace(plain))).toEqual(['auto', ...EMBEDDED, 'plain-picture']);
    for (const id of [atelier.spaceId, newId(), 'nonsense']) {
      const refused = await atelier.call('GET', MODELS, undefined, inSpace(id));
      expectOpenaiError(refused, { status: 404, code: 'request.not_found' });
    }
    const nobody = await createPerson(atelier, 'in-no-space');
    expect(await list(nobody.session)).toEqual(['auto', ...EMBEDDED]);
  });

  it('follows a new space of the user at once', async () => {
    const newcomer = await createPerson(atelier, 'newcomer');
    expect(await list(newcomer.session)).toEqual(['auto', ...EMBEDDED]);
    const fresh = await createSpace(atelier, newcomer, 0);
    await give('fresh-picture', 'embedded-image', { search_space_id: fresh });
    expect(await list(newcomer.session)).toContain('fresh-picture');
  });

  it('is answered from memory', async () => {
    const asked = vi.spyOn(atelier.app.get(Sql), 'query');
    try {
      await expect
        .poll(
          async () => {
            await list(person.session);
            asked.mockClear();
            await Promise.all([list(person.session), get('embedded-image', inSpace(spaceId))]);
            return asked.mock.calls.map(([name]) => name).filter((name) => !/epoch/.test(name));
          },
          { timeout: 30_000 },
        )
        .toEqual([]);
    } finally {
      asked.mockRestore();
    }
  });

  it('needs a caller, and of a key the scope', async () => {
    const nobody = await atelier.call('GET', MODELS, undefined, {});
    expectOpenaiError(nobody, { status: 401, code: 'auth.credentials_missing' });
    const blind = { scopes: ['images.read'] };
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, blind);
    for (const path of [MODELS, `${MODELS}/embedded-image`]) {
      const refused = await atelier.call('GET', path, undefined, headers);
      expectOpenaiError(refused, { status: 403, code: 'auth.scope_missing' });
    }
  });
});

describe('GET /v1/models/{model}', () => {
  it('gives one of them, also under a name with slashes, however it is written', async () => {
    const { body } = await get('embedded-image');
    expect(body).toMatchObject({ id: 'embedded-image', object: 'model', owned_by: 'embedded' });
    for (const written of [OWN, encodeURIComponent(OWN), 'team%2fllama%2D4']) {
      const found = await get(written, inSpace(spaceId));
      expect(found.body).toMatchObject({ id: OWN, owned_by: 'openai' });
    }
  });

  it.each(['no-such-model', 'no/such/model', 'gpt-image-2', OWN, 'x'.repeat(300), '%20'])(
    'does not know %s, in the words of OpenAI',
    async (name) => {
      const refused = await get(encodeURIComponent(name));
      expectOpenaiError(refused, { status: 404, code: 'model_not_found', field: 'model' });
    },
  );

  it('keeps from a key what it may not ask for', async () => {
    const allowed = { allowed_models: ['embedded-chat'] };
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, allowed);
    expect((await get('embedded-chat', headers)).status).toBe(200);
    const refused = await get('embedded-image', headers);
    expectOpenaiError(refused, { status: 404, code: 'model_not_found', field: 'model' });
  });
});

describe('OpenAI’s client', () => {
  const client = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL: `${atelier.baseUrl}/v1`, maxRetries: 0 });
  const toKey = ({ authorization = '' }: Record<string, string>) => authorization.slice(7);

  it('lists and retrieves them', async () => {
    const { headers } = await createKey(atelier, person.session, spaceId);
    const openai = client(toKey(headers));
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids.toSorted()).toEqual(['auto', ...EMBEDDED, OWN].toSorted());
    expect(await openai.models.retrieve(OWN)).toMatchObject({ id: OWN, object: 'model' });
    const unknown = openai.models.retrieve('gpt-99');
    await expect(unknown).rejects.toThrow(NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: 'model_not_found', param: 'model' });
  });

  it('is told of a scope that is missing', async () => {
    const blind = { scopes: ['images.read'] };
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, blind);
    await expect(client(toKey(headers)).models.list()).rejects.toThrow(PermissionDeniedError);
  });
});

describe('GET /api/v1/models', () => {
  const find = async (id: string, headers: object = atelier.key) => {
    const { data } = await must(atelier, 200, 'GET', '/api/v1/models', undefined, headers);
    return data.find((model: { id: string }) => model.id === id);
  };

  it('tells what a picture costs, by size and quality', async () => {
    const { price } = await find('gpt-image-2');
    expect(price.pictures).toContainEqual({
      operation: null,
      size: '1024x1024',
      quality: 'medium',
      pixels_max: null,
      micros: 52_680,
      micros_per_million: 52_680_000_000,
    });
    expect(price.units).toContainEqual({
      unit: 'image_output_token',
      operation: null,
      input_tokens_above: null,
      micros_per_million: 30_000_000,
    });
    const embedded = await find('embedded-image');
    expect(embedded.price.pictures.map((one: { micros: number }) => one.micros)).toEqual([
      1_000, 1_500, 2_000,
    ]);
    expect(embedded).toMatchObject({ mask: true, seed: true, styles: ['vivid', 'natural'] });
  });

  it('tells what tokens cost, and of a route what its model costs', async () => {
    const units = [
      {
        unit: 'input_token',
        operation: null,
        input_tokens_above: null,
        micros_per_million: 100_000,
      },
      {
        unit: 'output_token',
        operation: null,
        input_tokens_above: null,
        micros_per_million: 400_000,
      },
    ];
    expect((await find('embedded-chat')).price).toEqual({ pictures: [], units });
    await give('house-chat', 'embedded-chat');
    expect((await find('house-chat')).price.units).toEqual(units);
    expect((await find(OWN, inSpace(spaceId))).price).toBeNull();
  });

  it('follows a price that an operator sets', async () => {
    const override = {
      provider: 'embedded',
      model: 'embedded-embedding',
      unit: '1M_input_tokens',
      price_micros: 33_000,
    };
    const path = '/api/v1/billing/prices/overrides';
    const made = await must(atelier, 201, 'POST', path, override, operatorOf(atelier));
    expect((await find('embedded-embedding')).price.units).toEqual([
      expect.objectContaining({ micros_per_million: 33_000 }),
    ]);
    await must(atelier, 204, 'DELETE', `${path}/${made.id}`, undefined, operatorOf(atelier));
    const [unit] = (await find('embedded-embedding')).price.units;
    expect(unit.micros_per_million).toBe(20_000);
  });

  it('is a session’s for its spaces, and nobody else’s', async () => {
    expect(await find(OWN, person.session)).toMatchObject({ available: true, connections: 1 });
    expect(await find(OWN, operatorOf(atelier))).toBeUndefined();
    const foreign = { ...operatorOf(atelier), 'x-search-space-id': spaceId };
    const refused = await atelier.call('GET', '/api/v1/models', undefined, foreign);
    expectProblem(refused, { status: 404, code: 'request.not_found' });
  });
});
