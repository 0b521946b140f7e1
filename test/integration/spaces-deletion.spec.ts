/** Proves that a space which is deleted stops at once and goes for good, whatever fails on the way. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { JobQueue } from '../../src/queue/job-queue.port.js';
import { SpaceHooks } from '../../src/spaces/space-hooks.js';
import { TestIdentity, type Tokens, type TestUser } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const SPACES = '/api/v1/search-spaces';
const GONE_WITHIN = { timeout: 45_000, interval: 100 };
/** A deletion waits until no process answers from its cache any more, and then for the reconciler at worst. */
const TEST_MS = 90_000;
const OWN_TABLES = ['api_keys', 'memberships', 'roles', 'collections', 'outbox_events'];

describe.each(databaseKinds())('deleting a search space on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let space: string;
  let url: string;

  beforeEach(async () => {
    identity = await TestIdentity.open(kind, { RECONCILE_EVERY_S: '1' });
    operator = await identity.operator();
    owner = await identity.user(operator);
    space = await identity.space(owner);
    url = `${SPACES}/${space}`;
  }, TEST_MS);

  afterEach(async () => {
    vi.restoreAllMocks();
    await identity.close();
  });

  const queue = () => identity.app.get(JobQueue);
  const hooks = () => identity.app.get(SpaceHooks);
  const remove = (status: number, as = owner.access) =>
    identity.expect(status, 'DELETE', url, { as });

  async function listActions(): Promise<{ action: string; actor_kind: string }[]> {
    return identity.sql(
      'SELECT action, actor_kind FROM audit_events WHERE target_id = $1 ORDER BY id',
      [space],
    );
  }

  async function untilGone(): Promise<void> {
    await vi.waitFor(async () => {
      expect(await identity.sql('SELECT state FROM search_spaces WHERE id = $1', [space])).toEqual(
        [],
      );
    }, GONE_WITHIN);
  }

  it(
    'stops it and its keys at once, and removes what is in it',
    async () => {
      const { key } = await identity.key(owner, space);
      const editor = await identity.user(operator);
      await identity.join(owner, space, editor.email, 'Editor');
      await identity.sql(
        `INSERT INTO outbox_events (id, kind, payload, search_space_id, available_at)
         VALUES ($1, 'nobody.listens', '{}', $2, now() + interval '1 day')`,
        [newId(), space],
      );
      const refused = await remove(403, editor.access);
      expect(refused).toMatchObject({ permission: 'settings:delete' });
      await remove(403, key);
      await remove(404, operator.access);

      expect(await remove(202)).toEqual({ id: space, state: 'deleting' });
      await identity.expect(401, 'GET', '/api/v1/auth/me', { as: key });
      for (const { access: as } of [owner, editor]) {
        await identity.expect(404, 'GET', url, { as });
        await identity.expect(404, 'GET', `${url}/members`, { as });
        const { data } = await identity.expect(200, 'GET', SPACES, { as });
        expect(data).toEqual([]);
      }
      const body = { name: 'Late', search_space_id: space };
      await identity.expect(404, 'POST', '/api/v1/api-keys', { as: owner.access, body });
      await identity.expect(404, 'POST', '/api/v1/collections', { as: owner.access, body });
      await identity.expect(404, 'PATCH', url, { as: owner.access, body: { name: 'Late' } });
      expect(await remove(409)).toMatchObject({ code: 'request.conflict' });
      await remove(404, operator.access);

      await untilGone();
      await remove(404);
      for (const table of OWN_TABLES) {
        const rows = await identity.sql(`SELECT id FROM ${table} WHERE search_space_id = $1`, [
          space,
        ]);
        expect({ table, rows }).toEqual({ table, rows: [] });
      }
      expect(await listActions()).toEqual([
        { action: 'space.created', actor_kind: 'user' },
        { action: 'space.deletion_requested', actor_kind: 'user' },
        { action: 'space.deleted', actor_kind: 'system' },
      ]);
    },
    TEST_MS,
  );

  it(
    'changes nothing when the queue refuses the job',
    async () => {
      const { key } = await identity.key(owner, space, { scopes: ['images.read'] });
      const before = await identity.expect(200, 'GET', url, { as: owner.access });
      const refusing = vi.spyOn(queue(), 'enqueue').mockRejectedValue(new Error('full'));
      const answer = await identity.call('DELETE', url, { as: owner.access });
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '5' },
        body: { code: 'service.unavailable' },
      });
      expect(refusing).toHaveBeenCalledTimes(1);
      expect(await identity.expect(200, 'GET', url, { as: owner.access })).toEqual(before);
      await identity.expect(200, 'GET', url, { as: key });
      const rows = await identity.sql(
        'SELECT state, deletion_requested_at FROM search_spaces WHERE id = $1',
        [space],
      );
      expect(rows).toEqual([{ state: 'active', deletion_requested_at: null }]);
      expect((await listActions()).map(({ action }) => action)).toEqual([
        'space.created',
        'space.deletion_requested',
        'space.deletion_undone',
      ]);
      refusing.mockRestore();
      await remove(202);
    },
    TEST_MS,
  );

  it(
    'stands when the queue took the job, lost the answer, and the removal has begun',
    async () => {
      vi.spyOn(queue(), 'enqueue').mockImplementationOnce(async () => {
        await identity.sql(`UPDATE search_spaces SET state = 'removing' WHERE id = $1`, [space]);
        throw new Error('no answer');
      });
      await remove(202);
      await remove(409);
      await untilGone();
    },
    TEST_MS,
  );

  it(
    'is found again by its row when the job was lost',
    async () => {
      vi.spyOn(queue(), 'enqueue').mockResolvedValueOnce(undefined);
      await remove(202);
      await untilGone();
      expect((await listActions()).at(-1)).toEqual({
        action: 'space.deleted',
        actor_kind: 'system',
      });
    },
    TEST_MS,
  );

  it(
    'is finished by the next process when one ends in the middle of it',
    async () => {
      await identity.key(owner, space);
      hooks().onDeleting('runs', async () => 'later', 'work');
      await remove(202);
      await vi.waitFor(async () => {
        const rows = await identity.sql('SELECT state FROM search_spaces WHERE id = $1', [space]);
        expect(rows).toEqual([{ state: 'removing' }]);
      }, GONE_WITHIN);
      await identity.app.close();
      // There what runs has ended: its process was the one before.
      identity = await identity.fork();
      await untilGone();
      await remove(404);
    },
    TEST_MS,
  );

  it(
    'asks the rooms stage by stage, waits for what must end by itself, and goes on after a failure',
    async () => {
      const calls: string[] = [];
      const room = (name: string, answers: ('more' | 'later' | 'done' | 'throw')[]) => async () => {
        const answer = answers.shift() ?? 'done';
        calls.push(`${name} ${answer}`);
        if (answer === 'throw') throw new Error('the store is away');
        return answer;
      };
      hooks().onDeleting('books', room('books', []), 'money');
      hooks().onDeleting('pictures', room('pictures', ['more', 'throw', 'more']));
      hooks().onDeleting('runs', room('runs', ['later', 'later']), 'work');
      await remove(202);
      await untilGone();
      expect(calls).toEqual([
        'runs later',
        'runs later',
        'runs done',
        'pictures more',
        'pictures throw',
        'runs done',
        'pictures more',
        'pictures done',
        'books done',
      ]);
    },
    TEST_MS,
  );

  it(
    'is asked for once, however many ask together, and lets nobody in behind its back',
    async () => {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => identity.call('DELETE', url, { as: owner.access })),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        202, 409, 409, 409, 409,
      ]);
      // As a process would that has not heard of it yet.
      const latecomer = await identity.user(operator);
      const late = identity.sql(
        `INSERT INTO memberships (id, search_space_id, user_id, role_id, joined_at)
         SELECT $1, search_space_id, $2, id, now() FROM roles WHERE search_space_id = $3 LIMIT 1`,
        [newId(), latecomer.id, space],
      );
      await expect(late).rejects.toThrow('is being deleted');
      await untilGone();
    },
    TEST_MS,
  );

  it('takes no field of a space but its own three, in a change or at its making', async () => {
    const before = await identity.expect(200, 'GET', url, { as: owner.access });
    const fields = {
      id: newId(),
      state: 'removing',
      owner: operator.access,
      user_id: newId(),
      created_at: '2001-01-01T00:00:00Z',
      deletion_requested_at: '2001-01-01T00:00:00Z',
      isApiAccessEnabled: false,
      search_space_id: newId(),
    };
    for (const [field, value] of Object.entries(fields)) {
      const body = { name: 'Taken over', [field]: value };
      for (const [method, path] of [
        ['PATCH', url],
        ['POST', SPACES],
      ] as const) {
        const answer = await identity.expect(400, method, path, { as: owner.access, body });
        expect(JSON.stringify(answer.errors)).toContain(field);
      }
    }
    expect(await identity.expect(200, 'GET', url, { as: owner.access })).toEqual(before);
    expect((await listActions()).map(({ action }) => action)).toEqual(['space.created']);
  });

  it('is preceded by a trail of its making and changes, and of the first start', async () => {
    const change = { name: 'Renamed', api_access_enabled: false };
    await identity.expect(200, 'PATCH', url, { as: owner.access, body: change });
    await identity.expect(200, 'PATCH', url, { as: owner.access, body: change });
    const trail = await identity.sql(
      'SELECT action, actor_user_id, before, after FROM audit_events WHERE target_id = $1 ORDER BY id',
      [space],
    );
    const created = { name: 'A space', description: '', api_access_enabled: true };
    expect(trail).toEqual([
      { action: 'space.created', actor_user_id: owner.id, before: null, after: created },
      {
        action: 'space.updated',
        actor_user_id: owner.id,
        before: { name: 'A space', api_access_enabled: true },
        after: change,
      },
    ]);
    const [first] = await identity.sql<{ after: Record<string, unknown> }>(
      `SELECT actor_kind, search_space_id, after FROM audit_events WHERE action = 'service.first_started'`,
    );
    expect(first).toMatchObject({
      actor_kind: 'system',
      search_space_id: identity.notices[0]?.searchSpaceId,
      after: { operator_email: 'operator@atelier.local', credit_micros: expect.any(Number) },
    });
    expect(JSON.stringify(first)).not.toContain(identity.notices[0]?.apiKey ?? 'atl_');
  });
});
