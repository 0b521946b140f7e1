// Proves what the history of generations shows, to whom and in which order: filters and words together, cursors while rows
// come and go, tags and favourites, and that it makes no difference whether a generation is in the index yet.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryIndexer } from '../../src/generations/history/history-indexer.js';
import { HistoryRepository } from '../../src/generations/domain/history.repository.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';

const GENERATIONS = '/api/v1/image-generations';

let atelier: TestApplication;
let ann: Person;
let bob: Person;
let space: string;
let foreign: string;

beforeAll(async () => {
  atelier = await startApplication();
  ann = await createPerson(atelier, 'ann');
  bob = await createPerson(atelier, 'bob');
  space = await createSpace(atelier, ann);
  foreign = await createSpace(atelier, bob);
});
afterAll(async () => {
  await atelier.stop();
});

async function make(prompt: string, more: object = {}, person = ann): Promise<string> {
  const owned = person === ann ? space : foreign;
  const body = { search_space_id: owned, prompt, size: '32x32', model: 'embedded-image', ...more };
  return (await must(atelier, 201, 'POST', GENERATIONS, body, person.session)).id;
}

function get(query: string, person = ann): Promise<Answer> {
  return atelier.call('GET', `${GENERATIONS}${query}`, undefined, person.session);
}

const toQuery = (query: Record<string, string>): string =>
  `?${new URLSearchParams(query).toString()}`;

async function list(query: Record<string, string>, person = ann): Promise<string[]> {
  const answer = await get(toQuery(query), person);
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
  return answer.body.data.map(({ id }: { id: string }) => id);
}

const put = (path: string, body?: object, person = ann) =>
  atelier.call('PUT', `${GENERATIONS}/${path}`, body, person.session);

const SEVEN_SEGMENTS = `DO $$
  DECLARE part record; made bigint;
  BEGIN
    UPDATE generation_history SET segment = NULL, place = NULL;
    FOR part IN SELECT search_space_id AS space, array_agg(id ORDER BY id) AS ids
      FROM (SELECT g.id, g.search_space_id, row_number() OVER (ORDER BY g.id) AS nth FROM generations g
             WHERE g.status NOT IN ('queued', 'running')) numbered
     GROUP BY search_space_id, nth % 7 LOOP
      INSERT INTO generation_segments (search_space_id, first_id, last_id, is_open)
        VALUES (part.space, part.ids[1], part.ids[1], false) RETURNING segment INTO made;
      PERFORM generation_segment_fill(made, part.ids);
    END LOOP;
  END $$`;

/** For rows that wait for the index, for rows that are in it, and for rows in parts of it that overlap in time. */
const WAYS = {
  'by its own row': 'UPDATE generation_history SET segment = NULL, place = NULL',
  'by the index': 'SELECT generation_history_index(ARRAY(SELECT id FROM generation_history))',
  'by many segments': SEVEN_SEGMENTS,
};
type Way = keyof typeof WAYS;
const EVERY_WAY = Object.keys(WAYS) as Way[];

async function settle(way: Way): Promise<void> {
  await atelier.app.get(Sql).query(`test_${way.replaceAll(' ', '_')}`, WAYS[way], []);
}

describe('words of the prompt', () => {
  let ids: Record<string, string>;
  beforeAll(async () => {
    ids = {
      dawn: await make("A lighthouse at DAWN, don't stop;o'clock"),
      dusk: await make('the lighthouse.Dusk/fog'),
      cafe: await make('Cafe\u0301 in ПРИВЕТ street'),
      tokyo: await make('東京タワー at night'),
      theirs: await make('a lighthouse of bob', {}, bob),
    };
  });

  it.each(EVERY_WAY)(
    'are found %s, in any order and case, the last by its beginning',
    async (way) => {
      await settle(way);
      const { dawn, dusk, cafe, tokyo } = ids;
      expect(await list({ q: 'lighthouse' })).toEqual([dusk, dawn]);
      expect(await list({ q: 'lighthouse', order: 'oldest' })).toEqual([dawn, dusk]);
      expect(await list({ q: 'dawn LIGHTHOUSE' })).toEqual([dawn]);
      expect(await list({ q: 'lighthouse d' })).toEqual([dusk, dawn]);
      expect(await list({ q: 'light dawn' })).toEqual([]);
      expect(await list({ q: 'fog' })).toEqual([dusk]);
      expect(await list({ q: 'CAFÉ' })).toEqual([cafe]);
      expect(await list({ q: 'привет стр' })).toEqual([]);
      expect(await list({ q: 'street прив' })).toEqual([cafe]);
      expect(await list({ q: 'タワー' })).toEqual([tokyo]);
      expect(await list({ q: 'zeppelin' })).toEqual([]);
    },
  );

  it.each([
    "dawn' | 'dusk",
    "dawn'::tsquery) --",
    'dawn & ! dusk | :*',
    "don't o'clock",
    '\\dawn\\',
    '%dawn_',
    "=s' | a",
  ])('are words and nothing else in %j', async (q) => {
    const answer = await get(toQuery({ q }));
    expect(answer.status).toBe(200);
    for (const { search_space_id: of } of answer.body.data) expect(of).toBe(space);
  });

  it('must be there', async () => {
    const answer = await get(toQuery({ q: '… !&|' }));
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(answer.body.detail).toContain('q');
  });

  it('of others are never seen, by whatever filter', async () => {
    expect(await list({ q: 'bob' })).toEqual([]);
    expect(await list({ created_by: bob.id })).toEqual([]);
    expect(await list({ q: 'lighthouse' }, bob)).toEqual([ids.theirs]);
    expectProblem(await get(`?search_space_id=${foreign}&q=bob`), {
      status: 404,
      code: 'request.not_found',
    });
  });
});

describe('filters', () => {
  it.each(EVERY_WAY)('hold together, %s', async (way) => {
    const red = await make('filters red', { tags: ['A', 'b'], metadata: { n: 1 } });
    const blue = await make('filters blue', { tags: ['b'] });
    await settle(way);
    const of = (query: Record<string, string>) => list({ q: 'filters', ...query, limit: '2' });
    expect(await of({ tag: 'a' })).toEqual([red]);
    expect(await of({ tag: ' B' })).toEqual([blue, red]);
    expect(await of({ tag: 'a', order: 'oldest', model: 'embedded-image' })).toEqual([red]);
    expect(await of({ has_images: 'true', provider: 'embedded' })).toEqual([blue, red]);
    expect(await of({ has_images: 'false' })).toEqual([]);
    expect(await of({ operation: 'edit' })).toEqual([]);
    expect(await of({ created_by: ann.id.toUpperCase() })).toEqual([blue, red]);
    expect(await of({ min_cost_micros: '1000', max_cost_micros: '1000' })).toEqual([blue, red]);
    expect(await of({ min_cost_micros: '1001' })).toEqual([]);
    expect(await of({ min_cost_micros: '9', max_cost_micros: '3' })).toEqual([]);
    const { body } = await get(`/${blue}`);
    expect(await of({ created_from: body.created_at })).toEqual([blue]);
    expect((await of({ created_to: body.created_at }))[0]).toBe(red);
    const several = await get('?q=filters&limit=2&status=failed&status=succeeded&tag=b&tag=a');
    expect(several.body.data.map(({ id }: { id: string }) => id)).toEqual([red]);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${red}`, undefined, ann.session);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${blue}`, undefined, ann.session);
    expect(await of({})).toEqual([]);
  });

  it('know collections and batches of the space alone', async () => {
    const within = { search_space_id: space, name: 'Spring' };
    const made = await must(atelier, 201, 'POST', '/api/v1/collections', within, ann.session);
    const id = await make('in a collection', { collection_id: made.id });
    expect(await list({ collection_id: made.id })).toEqual([id]);
    expect(await list({ collection_id: made.id }, bob)).toEqual([]);
    const requests = [{ prompt: 'batched one', size: '32x32' }, { prompt: 'batched two' }];
    const batch = await must(
      atelier,
      201,
      'POST',
      `${GENERATIONS}/batch`,
      { search_space_id: space, requests },
      ann.session,
    );
    expect(await list({ batch_id: batch.id })).toHaveLength(2);
    expect(await list({ batch_id: batch.id, q: 'two' })).toHaveLength(1);
    expect(await list({ batch_id: batch.id }, bob)).toEqual([]);
    await must(atelier, 204, 'DELETE', `/api/v1/collections/${made.id}`, undefined, ann.session);
    expect(await list({ collection_id: made.id })).toEqual([]);
  });

  it('find what waits and what runs', async () => {
    const body = { search_space_id: space, prompt: 'slow picture', size: '32x32' };
    const slow = { ...body, provider_options: { delay_ms: 3_000 } };
    const headers = { ...ann.session, prefer: 'respond-async' };
    const { id } = await must(atelier, 202, 'POST', GENERATIONS, slow, headers);
    const of = await get('?status=queued&status=running&q=slow');
    expect(of.body.data.map((row: { id: string }) => row.id)).toEqual([id]);
    await atelier.call('POST', `${GENERATIONS}/${id}/cancel`, undefined, ann.session);
    await expect
      .poll(() => list({ status: 'canceled', q: 'slow' }), { timeout: 30_000 })
      .toEqual([id]);
  });

  it.each([
    'status=done',
    'favourite=false',
    'has_images=yes',
    'created_from=yesterday',
    'created_to=9999-12-31T23:59:59-12:00',
    'created_by=me',
    'min_cost_micros=-1',
    'order=best',
    'q=',
    'tag=',
    'tag=%00',
    `q=${'x'.repeat(201)}`,
    'limit=101',
    'colour=red',
  ])('are refused by name when they are none: %s', async (query) => {
    const answer = await get(`?${query}`);
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(answer.body.detail).toContain(query.split('=')[0]);
  });
});

describe('cursors', () => {
  it.each(['newest', 'oldest'])(
    'miss and repeat nothing while rows come and go, %s',
    async (order) => {
      const word = `page${order}`;
      const ids: string[] = [];
      for (let index = 0; index < 5; index += 1) ids.push(await make(`${word} ${index}`));
      const expected = order === 'newest' ? ids.toReversed() : ids;
      const page = async (cursor?: string) =>
        (await get(`?q=${word}&order=${order}&limit=2${cursor ? `&cursor=${cursor}` : ''}`)).body;
      const first = await page();
      expect(first.data.map(({ id }: { id: string }) => id)).toEqual(expected.slice(0, 2));
      const gone = expected[3]!;
      await must(atelier, 200, 'DELETE', `${GENERATIONS}/${gone}`, undefined, ann.session);
      const late = await make(`${word} late`);
      await settle('by many segments');
      const second = await page(first.next_cursor);
      const rest = second.next_cursor ? (await page(second.next_cursor)).data : [];
      const seen = [...second.data, ...rest].map(({ id }: { id: string }) => id);
      const left = [expected[2], expected[4]];
      expect(seen).toEqual(order === 'newest' ? left : [...left, late]);
    },
  );

  it('are of the filter they came with', async () => {
    const { next_cursor: cursor } = (await get('?limit=1')).body;
    expect((await get(`?limit=2&cursor=${cursor}`)).status).toBe(200);
    for (const other of ['q=lighthouse', 'order=oldest', `search_space_id=${space}`]) {
      expectProblem(await get(`?limit=1&${other}&cursor=${cursor}`), {
        status: 400,
        code: 'request.invalid',
      });
    }
    const bare = Buffer.from(space).toString('base64url');
    expectProblem(await get(`?cursor=${bare}`), { status: 400, code: 'request.invalid' });
  });
});

describe('labels', () => {
  it('are normalised, replaced, listed and found', async () => {
    const id = await make('labelled', { tags: ['First'] });
    expect((await get(`/${id}`)).body).toMatchObject({ tags: ['first'], is_favourite: false });
    const tagged = await put(`${id}/tags`, { tags: [' Hero ', 'hero', 'CAFE\u0301', "a'|b"] });
    expect(tagged.body).toMatchObject({ tags: ["a'|b", 'café', 'hero'] });
    expect(await list({ tag: "A'|B" })).toEqual([id]);
    expect(await list({ tag: 'first' })).toEqual([]);
    const tags = async (query: string, person = ann) =>
      atelier.call(
        'GET',
        `/api/v1/image-generation-tags?search_space_id=${space}${query}`,
        undefined,
        person.session,
      );
    const page = (await tags('&prefix=CA&limit=1')).body;
    expect(page).toEqual({ data: [{ tag: 'café', count: 1, has_more: false }], next_cursor: null });
    const first = (await tags('&limit=1')).body;
    expect(first.data[0].tag).toBe("a'|b");
    expect((await tags(`&limit=1&cursor=${first.next_cursor}`)).body.data[0].tag).toBe('café');
    expectProblem(await tags('', bob), { status: 404, code: 'request.not_found' });
    expectProblem(await put(`${id}/tags`, { tags: ['x'] }, bob), {
      status: 404,
      code: 'request.not_found',
    });
    const many = Array.from({ length: 21 }, (_, index) => `t${index}`);
    for (const bad of [many, [' '], ['x'.repeat(51)], ['a\u0000'], [7], 'hero']) {
      expectProblem(await put(`${id}/tags`, { tags: bad }), {
        status: 400,
        code: 'request.invalid',
      });
    }
    expect((await put(`${id}/tags`, { tags: [] })).body.tags).toEqual([]);
    const audit = await atelier.app
      .get(Sql)
      .query('test_audit', `SELECT FROM audit_events WHERE action = 'image_generation.tagged'`, []);
    expect(audit).toHaveLength(2);
  });

  it('that mark favourites are each user’s own', async () => {
    const id = await make('marked');
    expect((await put(`${id}/favourite`)).status).toBe(204);
    expect((await put(`${id}/favourite`)).status).toBe(204);
    expect((await get(`/${id}`)).body.is_favourite).toBe(true);
    expect(await list({ favourite: 'true' })).toEqual([id]);
    for (const way of EVERY_WAY) {
      await settle(way);
      expect(await list({ favourite: 'true', q: 'mark' })).toEqual([id]);
      expect(await list({ favourite: 'true', q: 'else' })).toEqual([]);
    }
    expectProblem(await put(`${id}/favourite`, undefined, bob), {
      status: 404,
      code: 'request.not_found',
    });
    expect(await list({ favourite: 'true' }, bob)).toEqual([]);
    const away = `${GENERATIONS}/${id}/favourite`;
    expect((await atelier.call('DELETE', away, undefined, ann.session)).status).toBe(204);
    expect(await list({ favourite: 'true' })).toEqual([]);
  });

  it('go with their generation', async () => {
    const id = await make('to be deleted', { tags: ['gone'] });
    await put(`${id}/favourite`);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${id}`, undefined, ann.session);
    const [left] = await atelier.app.get(Sql).query(
      'test_left',
      `SELECT (SELECT count(*) FROM generation_history WHERE id = $1)::int AS history,
              (SELECT count(*) FROM generation_tags WHERE generation_id = $1)::int AS tags,
              (SELECT count(*) FROM generation_favourites WHERE generation_id = $1)::int AS favourites`,
      [id],
    );
    expect(left).toEqual({ history: 0, tags: 0, favourites: 0 });
  });
});

describe('the index', () => {
  it('takes in what has ended, whether an event told of it or the sweep finds it', async () => {
    const repository = atelier.app.get(HistoryRepository);
    await expect.poll(() => repository.listUnindexed(1), { timeout: 30_000 }).toEqual([]);
    await settle('by its own row');
    expect(await repository.listUnindexed(1)).toHaveLength(1);
    await atelier.app.get(HistoryIndexer).sweep();
    expect(await repository.listUnindexed(1)).toEqual([]);
  });
});
