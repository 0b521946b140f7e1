// Proves that what is held is deleted by nobody, that what is past its time goes with its bytes and nothing else does,
// and that a cleanup does what its dry run showed, or less; and after all of it, that rows and bytes agree.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { RetentionKeeper } from '../../src/retention/retention.keeper.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';

const GENERATIONS = '/api/v1/image-generations';
const HELD = { status: 409, code: 'retention.held' };

let atelier: TestApplication;
let ann: Person;
let operator: Record<string, string>;

beforeAll(async () => {
  atelier = await startApplication({ RETENTION_MIN_DAYS: '2' });
  ann = await createPerson(atelier, 'ann');
  operator = operatorOf(atelier);
});
afterAll(() => atelier.stop());

const sql = <R extends object>(text: string, values: unknown[] = []): Promise<R[]> =>
  atelier.app.get(ManagedDataSource).query<R[]>(text, values);

const call = (method: string, path: string, body?: object, headers = ann.session) =>
  atelier.call(method, path, body, headers);

let made = 0;
async function make(space: string, more: object = {}): Promise<Answer['body']> {
  made += 1;
  const body = { search_space_id: space, prompt: `picture ${made}`, size: '32x32', ...more };
  return must(atelier, 201, 'POST', GENERATIONS, body, ann.session);
}

/** As if it had been made so many days ago. */
async function age(id: string, days: number): Promise<void> {
  await sql('UPDATE generations SET created_at = now() - make_interval(days => $2) WHERE id = $1', [
    id,
    days,
  ]);
}

async function isThere(id: string): Promise<boolean> {
  return (await call('GET', `${GENERATIONS}/${id}`)).status === 200;
}

async function place(space: string, body: object): Promise<string> {
  const path = `/api/v1/search-spaces/${space}/legal-holds`;
  return (await must(atelier, 201, 'POST', path, { reason: 'Case 1', ...body }, operator)).id;
}

const lift = (space: string, id: string) =>
  call(
    'POST',
    `/api/v1/search-spaces/${space}/legal-holds/${id}/lift`,
    { reason: 'Over' },
    operator,
  );

/** A whole round of the keeper, whoever's turn it was. */
async function keep(): Promise<void> {
  await sql(`UPDATE retention_lease SET held_until = '-infinity', next_round_at = '-infinity'`);
  await atelier.app.get(RetentionKeeper).keep();
}

/** What the store has of a space, and what its rows say it has. */
async function compareStore(space: string): Promise<{ stored: string[]; named: string[] }> {
  const storage = atelier.app.get(MediaStorage);
  const stored: string[] = [];
  for (let after: string | null = null; ;) {
    const page: { key: string }[] = await storage.list(after, 3);
    stored.push(...page.map(({ key }) => key).filter((key) => key.startsWith(space)));
    if (page.length < 3) break;
    after = page.at(-1)!.key;
  }
  const rows = await sql<{ storage_key: string }>(
    `SELECT b.storage_key FROM media_blobs b WHERE b.search_space_id = $1 AND b.refs = (
       SELECT count(*) FROM media_assets a WHERE a.search_space_id = b.search_space_id AND a.sha256 = b.sha256)`,
    [space],
  );
  return { stored: stored.toSorted(), named: rows.map((row) => row.storage_key).toSorted() };
}

describe('a legal hold', () => {
  it('keeps what it names from everybody until it is lifted', async () => {
    const space = await createSpace(atelier, ann);
    const [held, free] = [await make(space), await make(space)];
    const hold = await place(space, { scope: 'generations', generation_ids: [held.id] });
    const refused = await call('DELETE', `${GENERATIONS}/${held.id}`);
    expectProblem(refused, HELD);
    expect(refused.body.detail).toContain(hold);
    expect((await call('DELETE', `${GENERATIONS}/${free.id}`)).status).toBe(200);
    const url = new URL(held.images[0].url);
    expect((await fetch(`${atelier.baseUrl}${url.pathname}${url.search}`)).status).toBe(200);
    expectProblem(await call('DELETE', `/api/v1/search-spaces/${space}`), HELD);
    const statements = [
      'DELETE FROM media_assets WHERE generation_id = $1',
      'DELETE FROM generations WHERE id = $1',
    ];
    for (const text of statements) await expect(sql(text, [held.id])).rejects.toThrow(hold);
    await expect(sql('DELETE FROM legal_holds WHERE id = $1', [hold])).rejects.toThrow('a record');
    expect((await lift(space, hold)).body.lift_reason).toBe('Over');
    expectProblem(await lift(space, hold), { status: 409, code: 'request.conflict' });
    expect((await call('DELETE', `${GENERATIONS}/${held.id}`)).status).toBe(200);
  });

  it('keeps a space, a collection, a user’s, and what was made within its times', async () => {
    const space = await createSpace(atelier, ann);
    const collection = await must(
      atelier,
      201,
      'POST',
      '/api/v1/collections',
      { search_space_id: space, name: 'Kept' },
      ann.session,
    );
    const { id } = await make(space, { collection_id: collection.id });
    const targets = [
      { scope: 'space' },
      { scope: 'collection', collection_id: collection.id },
      { scope: 'user', user_id: ann.id },
      { scope: 'space', from: '2020-01-01T00:00:00Z' },
    ];
    for (const target of targets) {
      const hold = await place(space, target);
      expectProblem(await call('DELETE', `${GENERATIONS}/${id}`), HELD);
      if (target.scope === 'collection') {
        expectProblem(await call('DELETE', `/api/v1/collections/${collection.id}`), HELD);
      }
      await lift(space, hold);
    }
    await place(space, { scope: 'space', to: '2020-01-01T00:00:00Z' });
    await place(space, { scope: 'user', user_id: (await createPerson(atelier, 'bob')).id });
    expect((await call('DELETE', `${GENERATIONS}/${id}`)).status).toBe(200);
  });

  it('names what is in its space, and is seen there', async () => {
    const [space, other] = [await createSpace(atelier, ann), await createSpace(atelier, ann)];
    const { id } = await make(other);
    const path = `/api/v1/search-spaces/${space}/legal-holds`;
    const wrong = [
      { scope: 'generations', generation_ids: [id] },
      { scope: 'collection' },
      { scope: 'space', user_id: ann.id },
      { scope: 'space', from: '2021-01-01T00:00:00Z', to: '2020-01-01T00:00:00Z' },
    ];
    for (const target of wrong) {
      const answer = await call('POST', path, { reason: 'Case 2', ...target }, operator);
      expectProblem(answer, { status: 400, code: 'request.invalid' });
    }
    const hold = await place(space, { scope: 'space' });
    expect((await call('GET', path)).body.data.map((seen: { id: string }) => seen.id)).toEqual([
      hold,
    ]);
    const events = await must(
      atelier,
      200,
      'GET',
      '/api/v1/audit-events?limit=1',
      undefined,
      operator,
    );
    expect(events.data[0]).toMatchObject({ action: 'legal_hold.placed', search_space_id: space });
  });
});

describe('retention', () => {
  it('is within the bounds of the house, and of the space', async () => {
    const space = await createSpace(atelier, ann);
    const path = `/api/v1/search-spaces/${space}/retention`;
    expect((await call('GET', path)).body).toMatchObject({ is_own: false, generations_days: null });
    expectProblem(await call('PUT', path, { failed_days: 1 }), {
      status: 400,
      code: 'request.invalid',
    });
    const strange = { collections: [{ collection_id: space, generations_days: 9 }] };
    expectProblem(await call('PUT', path, strange), { status: 400, code: 'request.invalid' });
    const set = await must(atelier, 200, 'PUT', path, { generations_days: 9 }, ann.session);
    expect(set).toMatchObject({ is_own: true, generations_days: 9, keep_favourites: true });
    expect((await must(atelier, 200, 'DELETE', path, undefined, ann.session)).is_own).toBe(false);
  });

  it('deletes what is past its time, with its bytes, and nothing else', async () => {
    const space = await createSpace(atelier, ann);
    const { id: collection } = await must(
      atelier,
      201,
      'POST',
      '/api/v1/collections',
      { search_space_id: space, name: 'Longer' },
      ann.session,
    );
    const ids: Record<string, string> = {};
    for (const name of ['old', 'young', 'favourite', 'held', 'longer']) {
      const more = name === 'longer' ? { collection_id: collection } : {};
      const { id } = await make(space, more);
      ids[name] = id;
      if (name !== 'young') await age(id, 10);
    }
    await must(
      atelier,
      204,
      'PUT',
      `${GENERATIONS}/${ids.favourite}/favourite`,
      undefined,
      ann.session,
    );
    await place(space, { scope: 'generations', generation_ids: [ids.held] });
    const collections = [{ collection_id: collection, generations_days: 20 }];
    const policy = { generations_days: 5, collections };
    const path = `/api/v1/search-spaces/${space}/retention`;
    await must(atelier, 200, 'PUT', path, policy, ann.session);
    const usage = () => call('GET', `/api/v1/billing/usage?search_space_id=${space}`);
    const before = (await usage()).body.data.length;
    await keep();
    await keep();
    const left: string[] = [];
    for (const [name, id] of Object.entries(ids)) if (await isThere(id)) left.push(name);
    expect(left).toEqual(['young', 'favourite', 'held', 'longer']);
    expect((await usage()).body.data).toHaveLength(before);
    const { stored, named } = await compareStore(space);
    expect(stored).toEqual(named);
    expect(stored).toHaveLength(4);
  });

  it('deletes inputs before their generation', async () => {
    const space = await createSpace(atelier, ann);
    const source = await make(space);
    const references = [{ media_id: source.images[0].id }];
    const edit = await make(space, { operation: 'edit', reference_images: references });
    await age(edit.id, 10);
    await must(
      atelier,
      200,
      'PUT',
      `/api/v1/search-spaces/${space}/retention`,
      { inputs_days: 5 },
      ann.session,
    );
    const roles = () =>
      sql<{ role: string }>('SELECT role FROM media_assets WHERE generation_id = $1', [edit.id]);
    expect(await roles()).toHaveLength(2);
    await keep();
    expect(await roles()).toEqual([{ role: 'output' }]);
    expect(await isThere(source.id)).toBe(true);
    const { stored, named } = await compareStore(space);
    expect(stored).toEqual(named);
  });
});

describe('a cleanup', () => {
  const PATH = '/api/v1/storage/cleanup';

  it('does what its dry run showed, or less', async () => {
    const space = await createSpace(atelier, ann);
    const [first, second, held] = [await make(space), await make(space), await make(space)];
    const hold = await place(space, { scope: 'generations', generation_ids: [held.id] });
    const asked = { search_space_id: space, statuses: ['succeeded'] };
    const plan = await must(atelier, 200, 'POST', PATH, asked, ann.session);
    const shown = { dry_run: true, generations: 2, pictures: 2, held_back: 1, next: null };
    expect(plan).toMatchObject({ ...shown, bytes: first.images[0].bytes + second.images[0].bytes });
    expect(await isThere(first.id)).toBe(true);

    const late = await make(space);
    await place(space, { scope: 'generations', generation_ids: [second.id] });
    await lift(space, hold);
    const begin = { search_space_id: space, dry_run: false, plan_id: plan.id };
    const begun = await call('POST', PATH, begin);
    expect(begun.status).toBe(202);
    expectProblem(await call('POST', PATH, begin), { status: 409, code: 'request.conflict' });
    await keep();
    const done = await must(
      atelier,
      200,
      'GET',
      begun.headers.get('location')!,
      undefined,
      ann.session,
    );
    expect(done).toMatchObject({ state: 'done', done_generations: 1, passed_over: 1 });
    const there = await Promise.all([first, second, held, late].map(({ id }) => isThere(id)));
    expect(there).toEqual([false, true, true, true]);
    const { stored, named } = await compareStore(space);
    expect(stored).toEqual(named);
    expect(stored).toHaveLength(3);
  });

  it('refuses a plan of another space, and filters beside a plan', async () => {
    const [space, other] = [await createSpace(atelier, ann), await createSpace(atelier, ann)];
    const plan = await must(atelier, 200, 'POST', PATH, { search_space_id: space }, ann.session);
    const run = { dry_run: false, plan_id: plan.id };
    expectProblem(await call('POST', PATH, { ...run, search_space_id: other }), {
      status: 404,
      code: 'request.not_found',
    });
    for (const body of [{ ...run, older_than_days: 1 }, { dry_run: false }, { plan_id: plan.id }]) {
      expectProblem(await call('POST', PATH, { ...body, search_space_id: space }), {
        status: 400,
        code: 'request.invalid',
      });
    }
    const all = await must(atelier, 200, 'POST', '/api/v1/ops/storage/cleanup', {}, operator);
    expect(all).toMatchObject({ search_space_id: null, dry_run: true });
  });
});

describe('storage', () => {
  /** What is there, counted row by row, as the sums ought to have it. */
  async function recount(space: string): Promise<object> {
    const [row] = await sql<Record<string, string>>(
      `SELECT (SELECT count(*) FROM media_blobs WHERE search_space_id = $1) AS pictures,
              (SELECT coalesce(sum(size_bytes), 0) FROM media_blobs WHERE search_space_id = $1) AS bytes,
              (SELECT count(*) FROM media_assets WHERE search_space_id = $1) AS logical_pictures,
              (SELECT coalesce(sum(size_bytes), 0) FROM media_assets WHERE search_space_id = $1) AS logical_bytes`,
      [space],
    );
    return Object.fromEntries(Object.entries(row!).map(([name, text]) => [name, Number(text)]));
  }

  const stats = (space: string) =>
    must(
      atelier,
      200,
      'GET',
      `/api/v1/storage/stats?search_space_id=${space}`,
      undefined,
      ann.session,
    );

  it('is summed exactly through any history, and nothing held goes', async () => {
    const space = await createSpace(atelier, ann);
    let seed = 20_260_722;
    // Park and Miller's; the same history every time.
    const draw = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    const [alive, held] = [new Map<string, string>(), new Set<string>()];
    for (let step = 0; step < 30; step += 1) {
      const picked = [...alive.keys()][draw(Math.max(1, alive.size))];
      const deed = draw(6);
      if (deed < 3 || !picked) {
        const references = picked && deed === 2 ? [{ media_id: alive.get(picked) }] : undefined;
        const edit = references && { operation: 'edit', reference_images: references };
        const { id, images } = await make(space, { ...edit, seed: draw(3) });
        alive.set(id, images[0].id);
      } else if (deed === 3) {
        await place(space, { scope: 'generations', generation_ids: [picked] });
        held.add(picked);
      } else if (deed === 4) {
        const answer = await call('DELETE', `${GENERATIONS}/${picked}`);
        expect(answer.status).toBe(held.has(picked) ? 409 : 200);
        if (!held.has(picked)) alive.delete(picked);
      } else await keep();
      expect(await stats(space)).toMatchObject(await recount(space));
    }
    for (const id of held) expect(await isThere(id)).toBe(true);
    const all = { search_space_id: space };
    const plan = await must(atelier, 200, 'POST', '/api/v1/storage/cleanup', all, ann.session);
    await call('POST', '/api/v1/storage/cleanup', { ...all, dry_run: false, plan_id: plan.id });
    await keep();
    expect(held.size).toBeGreaterThan(0);
    for (const id of alive.keys()) expect(await isThere(id)).toBe(held.has(id));
    expect(await stats(space)).toMatchObject(await recount(space));
    const { stored, named } = await compareStore(space);
    expect(stored).toEqual(named);
  });

  it('that is full takes nothing more, until there is room', async () => {
    const space = await createSpace(atelier, ann);
    const { images } = await make(space);
    const path = `/api/v1/search-spaces/${space}/storage-quota`;
    const full = await must(atelier, 200, 'PUT', path, { max_bytes: images[0].bytes }, operator);
    expect(full.quota).toEqual({ max_bytes: images[0].bytes, status: 'full' });
    const body = { search_space_id: space, prompt: 'one more', size: '32x32' };
    const refused = await call('POST', GENERATIONS, body);
    expectProblem(refused, { status: 403, code: 'storage.quota_exceeded' });
    expect(refused.body).toMatchObject({ used_bytes: images[0].bytes });
    const warned = { max_bytes: Math.ceil(images[0].bytes * 1.1) };
    expect((await must(atelier, 200, 'PUT', path, warned, operator)).quota.status).toBe('warning');
    await make(space);
    await must(atelier, 200, 'PUT', path, { max_bytes: null }, operator);
    await make(space);
    const listed = await must(
      atelier,
      200,
      'GET',
      '/api/v1/ops/storage/stats?limit=1',
      undefined,
      operator,
    );
    expect(listed.data).toHaveLength(1);
  });
});
