// Proves collections: projects inside a space, for its members by their permissions and its keys by their scopes, which
// generations name and outlive.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CreateGenerationService } from '../../src/generations/create-generation.service.js';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { COLLECTIONS_PER_SPACE_MAX } from '../../src/spaces/domain/collection.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import * as people from '../setup/people.js';

const COLLECTIONS = '/api/v1/collections';
const GENERATIONS = '/api/v1/image-generations';
const SMALL = { prompt: 'a lighthouse', size: '32x32' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };

type Credentials = Record<string, string>;

let atelier: TestApplication;
let operator: Credentials;
let outsider: people.Person;

beforeAll(async () => {
  atelier = await startApplication();
  operator = people.operatorOf(atelier);
  outsider = await people.createPerson(atelier, 'outsider');
});
afterAll(async () => {
  await atelier.stop();
});

const must = (status: number, method: string, path: string, body?: object, as = atelier.key) =>
  people.must(atelier, status, method, path, body, as);
const make = (name: string, more: object = {}, as = atelier.key): Promise<Answer['body']> =>
  must(201, 'POST', COLLECTIONS, { name, ...more }, as);
const sql = <R>(text: string, values: unknown[] = []): Promise<R[]> =>
  atelier.app.get(ManagedDataSource).query(text, values);

describe('a collection', () => {
  it('is made, read, listed, changed and deleted, and each change is in the trail', async () => {
    const made = await make(' Spring ', { description: 'Shop\nwindows' });
    expect(made).toEqual({
      id: expect.any(String),
      search_space_id: atelier.spaceId,
      name: 'Spring',
      description: 'Shop\nwindows',
      created_by: expect.any(String),
      created_at: expect.any(String),
    });
    const url = `${COLLECTIONS}/${made.id}`;
    expect(await must(200, 'GET', url)).toEqual(made);
    const changed = await must(200, 'PATCH', url, { name: 'Summer' });
    expect(changed).toEqual({ ...made, name: 'Summer' });
    expect(await must(200, 'PATCH', url, {})).toEqual(changed);
    const page = await must(200, 'GET', `${COLLECTIONS}?search_space_id=${atelier.spaceId}`);
    expect(page.data).toContainEqual(changed);
    await must(204, 'DELETE', url, undefined, operator);
    expectProblem(await atelier.call('GET', url), NOT_FOUND);
    expectProblem(await atelier.call('DELETE', url, undefined, operator), NOT_FOUND);
    const trail = await sql(
      `SELECT action, actor_kind, search_space_id, before, after FROM audit_events
        WHERE target_id = $1 ORDER BY id`,
      [made.id],
    );
    const in_space = { search_space_id: atelier.spaceId };
    const description = made.description;
    expect(trail).toEqual([
      {
        ...in_space,
        action: 'collection.created',
        actor_kind: 'api_key',
        before: null,
        after: { name: 'Spring', description },
      },
      {
        ...in_space,
        action: 'collection.updated',
        actor_kind: 'api_key',
        before: { name: 'Spring' },
        after: { name: 'Summer' },
      },
      {
        ...in_space,
        action: 'collection.deleted',
        actor_kind: 'user',
        before: { name: 'Summer', description },
        after: null,
      },
    ]);
  });

  it.each([
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: ' ' }, 'name'],
    [{ name: 'two\nlines' }, 'name'],
    [{ name: null }, 'name'],
    [{ name: 'A', description: 'x'.repeat(501) }, 'description'],
    [{ name: 'A', description: null }, 'description'],
    [{ name: 'A', id: newId() }, 'id'],
    [{ name: 'A', created_by: newId() }, 'created_by'],
    [{ name: 'A', created_at: '2001-01-01T00:00:00Z' }, 'created_at'],
    [{ name: 'A', owner: 'me' }, 'owner'],
    [{ name: 'A', state: 'active' }, 'state'],
  ])('refuses %j, at its making and in a change, and names the field', async (body, field) => {
    const before = await make(`Unchanged ${newId()}`);
    const url = `${COLLECTIONS}/${before.id}`;
    const invalid = { status: 400, code: 'request.invalid', field };
    expectProblem(await atelier.call('POST', COLLECTIONS, body), invalid);
    expectProblem(await atelier.call('PATCH', url, body), invalid);
    expect(await must(200, 'GET', url)).toEqual(before);
  });

  it('does not move to another space, whoever names one', async () => {
    const before = await make('Stays');
    const url = `${COLLECTIONS}/${before.id}`;
    const body = { search_space_id: newId() };
    const invalid = { status: 400, code: 'request.invalid', field: 'search_space_id' };
    expectProblem(await atelier.call('PATCH', url, body), invalid);
    expect(await must(200, 'GET', url)).toEqual(before);
  });

  it('has a name of its own in its space, also when many are made together', async () => {
    const together = await Promise.all(
      Array.from({ length: 5 }, () => atelier.call('POST', COLLECTIONS, { name: 'Only one' })),
    );
    const statuses = together.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, 409, 409, 409, 409]);
    const taken = { status: 409, code: 'request.conflict', field: 'name' };
    expectProblem(await atelier.call('POST', COLLECTIONS, { name: ' Only one ' }), taken);
    const other = await make('Another one');
    const rename = { name: 'Only one' };
    expectProblem(await atelier.call('PATCH', `${COLLECTIONS}/${other.id}`, rename), taken);
    const space = await people.createSpace(atelier, outsider, 0);
    await make('Only one', { search_space_id: space }, outsider.session);
  });

  it('is listed in pages, newest first, to members of its space', async () => {
    const person = await people.createPerson(atelier, 'pages');
    const space = await people.createSpace(atelier, person, 0);
    const ids: string[] = [];
    for (const name of ['One', 'Two', 'Three']) {
      ids.unshift((await make(name, { search_space_id: space }, person.session)).id);
    }
    const list = (query: string) =>
      must(
        200,
        'GET',
        `${COLLECTIONS}?search_space_id=${space}&${query}`,
        undefined,
        person.session,
      );
    const first = await list('limit=2');
    const second = await list(`limit=2&cursor=${first.next_cursor}`);
    const idsOf = ({ data }: Answer['body']) => data.map(({ id }: { id: string }) => id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    const foreign = await atelier.call('GET', `${COLLECTIONS}?search_space_id=${space}`);
    expectProblem(foreign, NOT_FOUND);
  });

  it('is for roles and scopes as generations are, and missing for everybody else', async () => {
    const { id } = await make('Guarded');
    const url = `${COLLECTIONS}/${id}`;
    const viewer = await people.createPerson(atelier, 'viewer');
    const editor = await people.createPerson(atelier, 'editor');
    await people.addMember(atelier, viewer, 'Viewer');
    await people.addMember(atelier, editor, 'Editor');
    const keyOf = async (scopes: string[]) =>
      (await people.createKey(atelier, operator, atelier.spaceId, { scopes })).headers;
    const reader = await keyOf(['images.read']);
    const deleter = await keyOf(['images.delete']);
    const ask = async (as: Credentials) => {
      const name = `By ${newId()}`;
      const body = { name, search_space_id: atelier.spaceId };
      const answers = [
        await atelier.call('GET', url, undefined, as),
        await atelier.call('POST', COLLECTIONS, body, as),
        await atelier.call('PATCH', url, { description: name }, as),
        await atelier.call(
          'DELETE',
          `${COLLECTIONS}/${(await make(name + '!')).id}`,
          undefined,
          as,
        ),
      ];
      return answers.map(({ status }) => status);
    };
    expect(await ask(viewer.session)).toEqual([200, 403, 403, 403]);
    expect(await ask(editor.session)).toEqual([200, 201, 200, 403]);
    expect(await ask(operator)).toEqual([200, 201, 200, 204]);
    expect(await ask(reader)).toEqual([200, 403, 403, 403]);
    expect(await ask(deleter)).toEqual([403, 403, 403, 204]);
    expect(await ask(outsider.session)).toEqual([404, 404, 404, 404]);
    const missing = await atelier.call(
      'GET',
      `${COLLECTIONS}/${newId()}`,
      undefined,
      outsider.session,
    );
    const foreign = await atelier.call('GET', url, undefined, outsider.session);
    expect(foreign.body.detail).toBe(missing.body.detail);
  });

  it('is refused when the space has the most there may be', async () => {
    const person = await people.createPerson(atelier, 'many');
    const space = await people.createSpace(atelier, person, 0);
    await sql(
      `INSERT INTO collections (id, search_space_id, name, created_by, created_at)
       SELECT gen_random_uuid(), $1, 'Collection ' || n, $2, now()
         FROM generate_series(1, $3) AS n`,
      [space, person.id, COLLECTIONS_PER_SPACE_MAX - 1],
    );
    await make('The last', { search_space_id: space }, person.session);
    const body = { name: 'One too many', search_space_id: space };
    const answer = await atelier.call('POST', COLLECTIONS, body, person.session);
    expectProblem(answer, { status: 409, code: 'request.conflict' });
  });
});

describe('generations', () => {
  it('are made in a collection, show it, are found by it, and stay when it goes', async () => {
    const { id: collection_id } = await make('With pictures');
    const inside = await must(201, 'POST', GENERATIONS, { ...SMALL, collection_id });
    const outside = await must(201, 'POST', GENERATIONS, SMALL);
    expect([inside.collection_id, outside.collection_id]).toEqual([collection_id, null]);
    const list = () => must(200, 'GET', `${GENERATIONS}?collection_id=${collection_id}`);
    expect((await list()).data.map(({ id }: { id: string }) => id)).toEqual([inside.id]);
    const later = { ...atelier.key, prefer: 'respond-async' };
    const queued = await must(202, 'POST', GENERATIONS, { ...SMALL, collection_id }, later);
    expect(queued.collection_id).toBe(collection_id);
    const usage = await sql(
      'SELECT collection_id FROM usage_records WHERE generation_id = ANY ($1::uuid[]) ORDER BY id',
      [[inside.id, outside.id]],
    );
    expect(usage).toEqual([{ collection_id }, { collection_id: null }]);

    await must(204, 'DELETE', `${COLLECTIONS}/${collection_id}`, undefined, operator);
    const kept = await must(200, 'GET', `${GENERATIONS}/${inside.id}`);
    expect(kept).toMatchObject({ collection_id: null, status: 'succeeded' });
    expect((await fetch(kept.images[0].url)).status).toBe(200);
    expect((await list()).data).toEqual([]);
  });

  it('are refused for a collection that is missing, foreign, or no id; nothing is paid', async () => {
    const space = await people.createSpace(atelier, outsider, 0);
    const foreign = await make('Foreign', { search_space_id: space }, outsider.session);
    const wallets = () => must(200, 'GET', '/api/v1/billing/wallets');
    const before = await wallets();
    const invalid = { status: 400, code: 'request.invalid', field: 'collection_id' };
    const details = new Set<string>();
    for (const collection_id of [foreign.id, newId()]) {
      const answer = await atelier.call('POST', GENERATIONS, { ...SMALL, collection_id });
      expectProblem(answer, invalid);
      details.add(answer.body.detail);
    }
    expect(details.size).toBe(1);
    const malformed = { ...SMALL, collection_id: 'x' };
    expectProblem(await atelier.call('POST', GENERATIONS, malformed), invalid);
    const filtered = await must(200, 'GET', `${GENERATIONS}?collection_id=${foreign.id}`);
    expect(filtered.data).toEqual([]);
    expect(await wallets()).toEqual(before);
  });

  it('are admitted into no collection when theirs is deleted in that moment', async () => {
    const { id: collection_id } = await make('Gone in a moment');
    const service = atelier.app.get(CreateGenerationService, { strict: false });
    const collections = Reflect.get(service, 'collections') as {
      assertInSpace(searchSpaceId: string, collectionId: string): Promise<void>;
    };
    const original = collections.assertInSpace.bind(collections);
    collections.assertInSpace = async (...parameters) => {
      await original(...parameters);
      await must(204, 'DELETE', `${COLLECTIONS}/${collection_id}`, undefined, operator);
    };
    const made = await must(201, 'POST', GENERATIONS, { ...SMALL, collection_id });
    collections.assertInSpace = original;
    const read = await must(200, 'GET', `${GENERATIONS}/${made.id}`);
    expect(read).toMatchObject({ status: 'succeeded', collection_id: null });
  });
});
