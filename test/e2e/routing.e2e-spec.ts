/**
 * Proves routing on the way through: names that operators give, what they do to requests and to the list of models, and
 * which model runs where none is named.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { RoutingService } from '../../src/routing/routing.service.js';
import { SHAPE, toQuestion } from '../factories/routing.factory.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createKey, createPerson, createSpace, must, operatorOf } from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const ROUTES = '/api/v1/routes';
const MODELS = '/api/v1/models';
const SMALL = { prompt: 'a lighthouse', size: '64x64' };
const ON_EMBEDDED = [{ model: 'embedded-image' }];

let atelier: TestApplication;

beforeAll(async () => {
  atelier = await startApplication();
});
afterAll(() => atelier.stop());
/** Whatever became of a test, the next one begins without routes. */
afterEach(async () => {
  for (const { id } of (await operate('GET', ROUTES)).body.data) {
    await operate('DELETE', `${ROUTES}/${id}`);
  }
});

function operate(method: string, path: string, body?: object) {
  return atelier.call(method, path, body, operatorOf(atelier));
}

async function give(name: string, candidates: object[] = ON_EMBEDDED, more: object = {}) {
  const { status, body } = await operate('POST', ROUTES, { name, candidates, ...more });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

const make = (model: string | undefined, more: object = {}) =>
  atelier.call('POST', GENERATIONS, { ...SMALL, model, ...more });

async function listModels(headers?: object) {
  const { data } = (await atelier.call('GET', MODELS, undefined, headers)).body;
  return new Map<string, ReturnType<typeof JSON.parse>>(
    data.map((model: { id: string }) => [model.id, model]),
  );
}

describe('routes', () => {
  it('are made, read, changed and deleted by operators, and each change is on record', async () => {
    const made = await give('team-picture', [
      { model: 'embedded-image', connection_id: 'env:embedded', weight: 3 },
      { model: 'gpt-image-2', order: 1 },
    ]);
    expect(made).toMatchObject({
      name: 'team-picture',
      search_space_id: null,
      candidates: [
        { model: 'embedded-image', connection_id: 'env:embedded', weight: 3, order: 0 },
        { model: 'gpt-image-2', connection_id: null, weight: 100, order: 1 },
      ],
      enable_fallback: true,
      restrict: false,
      note: null,
    });
    const path = `${ROUTES}/${made.id}`;
    expect((await operate('GET', path)).body).toEqual(made);
    const changed = await operate('PATCH', path, { note: 'For all', enable_fallback: false });
    expect(changed.body).toMatchObject({ note: 'For all', enable_fallback: false });
    const listed = await operate('GET', ROUTES);
    expect(listed.body).toEqual({ data: [changed.body], next_cursor: null });
    expect((await operate('GET', `${ROUTES}?search_space_id=${newId()}`)).body.data).toEqual([]);
    expect((await operate('DELETE', path)).status).toBe(204);
    expectProblem(await operate('GET', path), { status: 404, code: 'request.not_found' });
    const { data } = (await operate('GET', '/api/v1/audit-events?limit=10')).body;
    const actions = data.map(({ action }: { action: string }) => action);
    expect(actions.slice(0, 3)).toEqual(['route.deleted', 'route.changed', 'route.created']);
  });

  it.each([
    ['no candidate', { name: 'x', candidates: [] }, 'candidates'],
    ['two stars', { name: 'x-*-*', candidates: ON_EMBEDDED }, 'name'],
    ['a place for no star', { name: 'x', candidates: [{ model: 'y-$1' }] }, 'candidates[0].model'],
    ['a heavy weight', { name: 'x', candidates: [{ model: 'y', weight: 1_001 }] }, 'weight'],
    [
      'the same twice',
      { name: 'x', candidates: [...ON_EMBEDDED, ...ON_EMBEDDED] },
      'candidates[1]',
    ],
    [
      'no connection',
      { name: 'x', candidates: [{ model: 'y', connection_id: 'env:nobody' }] },
      'candidates[0].connection_id',
    ],
    [
      'no space',
      { name: 'x', candidates: ON_EMBEDDED, search_space_id: newId() },
      'search_space_id',
    ],
  ])('are refused with %s', async (_what, body, field) => {
    const refused = await operate('POST', ROUTES, body);
    expectProblem(refused, { status: 400, code: 'request.invalid' });
    expect(JSON.stringify(refused.body.errors)).toContain(field);
  });

  it('are one of a name in a space, and lead back to nobody', async () => {
    const first = await give('a', [{ model: 'b' }]);
    const twice = await operate('POST', ROUTES, { name: 'a', candidates: ON_EMBEDDED });
    expectProblem(twice, { status: 409, code: 'request.conflict' });
    await give('a', ON_EMBEDDED, { search_space_id: atelier.spaceId });
    const circle = await operate('POST', ROUTES, { name: 'b', candidates: [{ model: 'a' }] });
    expectProblem(circle, { status: 400, code: 'request.invalid' });
    expect(circle.body.detail).toContain('b → a → b');
    await give('b');
    const path = `${ROUTES}/${first.id}`;
    expect((await operate('PATCH', path, { candidates: [{ model: 'a' }] })).status).toBe(200);
  });

  it('count in their space before those for all, and go with it', async () => {
    const person = await createPerson(atelier, 'routed');
    const space = await createSpace(atelier, person);
    await give('picture', [{ model: 'nothing' }]);
    const own = await give('picture', ON_EMBEDDED, { search_space_id: space });
    const { headers } = await createKey(atelier, person.session, space);
    expect(
      (await atelier.call('POST', GENERATIONS, { ...SMALL, model: 'picture' }, headers)).status,
    ).toBe(201);
    expectProblem(await make('picture'), { status: 404, code: 'routing.model_unknown' });
    await must(atelier, 202, 'DELETE', `/api/v1/search-spaces/${space}`, undefined, person.session);
    const { app } = atelier;
    const left = () =>
      app.get(ManagedDataSource).query('SELECT id FROM search_spaces WHERE id = $1', [space]);
    await expect.poll(left, { timeout: 60_000, interval: 100 }).toEqual([]);
    const rows = await app
      .get(ManagedDataSource)
      .query('SELECT id FROM routes WHERE id = $1', [own.id]);
    expect(rows).toEqual([]);
  });
});

describe('a request', () => {
  it('runs what its name stands for, and keeps the way', async () => {
    await give('studio-*', [{ model: 'embedded-$1' }]);
    const { status, body } = await make('studio-image');
    expect({ status, model: body.model }).toEqual({ status: 201, model: 'embedded-image' });
    expectProblem(await make('studio-nothing'), { status: 404, code: 'routing.model_unknown' });
    const openai = await atelier.call('POST', '/v1/images/generations', {
      ...SMALL,
      model: 'studio-image',
    });
    expect(openai.status).toBe(200);
  });

  it('sees a change of its route at once', async () => {
    const { id } = await give('picture', [{ model: 'gpt-image-2' }]);
    const sized = await make('picture', { size: '1024x1024' });
    expectProblem(sized, { status: 503, code: 'routing.no_connection' });
    await operate('PATCH', `${ROUTES}/${id}`, { candidates: ON_EMBEDDED });
    expect((await make('picture')).status).toBe(201);
    await operate('DELETE', `${ROUTES}/${id}`);
    expectProblem(await make('picture'), { status: 404, code: 'routing.model_unknown' });
  });

  it('is refused a name that is not open to its space, on every surface', async () => {
    await give('picture', ON_EMBEDDED, { restrict: true, search_space_id: atelier.spaceId });
    for (const [path, body] of [
      [GENERATIONS, { ...SMALL, model: 'embedded-image' }],
      [`${GENERATIONS}/quote`, { ...SMALL, model: 'embedded-image' }],
      [GENERATIONS, { ...SMALL, model: 'auto' }],
      [GENERATIONS, SMALL],
    ] as const) {
      const refused = await atelier.call('POST', path, body);
      expectProblem(refused, { status: 403, code: 'routing.model_restricted' });
      expect(refused.body.detail).toContain('picture');
    }
    const openai = await atelier.call('POST', '/v1/images/generations', {
      ...SMALL,
      model: 'embedded-image',
    });
    expect({ status: openai.status, code: openai.body.error.code }).toEqual({
      status: 403,
      code: 'routing.model_restricted',
    });
    expect((await make('picture')).status).toBe(201);
  });

  it('runs a model of our choice for auto, unless an operator gave that name', async () => {
    const chosen = await make('auto');
    expect({ status: chosen.status, model: chosen.body.model }).toEqual({
      status: 201,
      model: 'embedded-image',
    });
    await give('auto', [{ model: 'gpt-image-2' }]);
    const taken = await make('auto', { size: '1024x1024' });
    expectProblem(taken, { status: 503, code: 'routing.no_connection' });
  });
});

describe('a request without a model', () => {
  it('runs what its space prefers', async () => {
    const path = `/api/v1/search-spaces/${atelier.spaceId}/model-preferences`;
    const prefer = (image_model: string | null) => operate('PUT', path, { image_model });
    const layerOf = async () => {
      const question = toQuestion({ searchSpaceId: atelier.spaceId });
      return (await atelier.app.get(RoutingService).plan(question, SHAPE, {})).decision.layer;
    };
    expect(await layerOf()).toBe('default');
    expect((await prefer('auto')).status).toBe(200);
    expect(await layerOf()).toBe('preference');
    expect((await make(undefined)).status).toBe(201);
    await prefer(null);
    expect(await layerOf()).toBe('default');
  });
});

describe('the list of models', () => {
  it('holds every kind, with what each takes and how many connections serve it', async () => {
    const models = await listModels();
    expect(models.get('embedded-image')).toMatchObject({
      kind: 'image',
      available: true,
      connections: 1,
      maps_to: [],
      chat: null,
      embedding: null,
    });
    expect(models.get('embedded-chat')).toMatchObject({
      kind: 'chat',
      available: true,
      operations: null,
      n_max: null,
    });
    expect(models.get('embedded-chat').chat.context_tokens_max).toBeGreaterThan(1_000);
    const kinds = new Set([...models.values()].map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['image', 'chat', 'embedding']));
    expect(models.get('gpt-image-2')).toMatchObject({ available: false, connections: 0 });
  });

  it('holds the names that operators gave, for whom they are', async () => {
    await give('picture', ON_EMBEDDED, { search_space_id: atelier.spaceId });
    await give('wild-*', ON_EMBEDDED);
    const models = await listModels();
    expect(models.get('picture')).toMatchObject({
      kind: 'image',
      available: true,
      connections: 1,
      maps_to: ['embedded-image'],
    });
    expect(models.has('wild-*')).toBe(false);
    expect((await listModels(operatorOf(atelier))).has('picture')).toBe(true);
    const outsider = await createPerson(atelier, 'outsider-of-names');
    expect((await listModels(outsider.session)).has('picture')).toBe(false);
    await give('only', ON_EMBEDDED, { search_space_id: atelier.spaceId, restrict: true });
    const restricted = await listModels();
    expect(restricted.get('embedded-image').available).toBe(false);
    expect(restricted.get('only').available).toBe(true);
  });

  it('is made anew by who may say so', async () => {
    const path = `${MODELS}/invalidate-cache`;
    expect((await operate('POST', path)).status).toBe(204);
    const { session } = await createPerson(atelier, 'curious');
    const refused = await atelier.call('POST', path, undefined, session);
    expectProblem(refused, { status: 403, code: 'rbac.operator_required' });
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, {
      scopes: ['admin.cache'],
    });
    expect((await atelier.call('POST', path, undefined, headers)).status).toBe(204);
    const { data } = (await operate('GET', '/api/v1/audit-events?limit=1')).body;
    expect(data[0].action).toBe('models.cache_invalidated');
  });
});
