/** Proves the routes of budgets: who makes, changes and sees which, what is refused, and that changes count at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingModule } from '../../src/billing/billing.module.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { makeHold, makeSettle } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const BUDGETS = '/api/v1/billing/budgets';
const CREDIT = 10_000_000;

type Body = Readonly<Record<string, unknown>>;

describe.each(databaseKinds())('budgets over HTTP on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let editor: TestUser;
  let stranger: TestUser;
  let spaceId: string;
  let walletId: string;
  let keyId: string;
  let key: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, {}, undefined, [BillingModule]);
    operator = await identity.operator();
    owner = await identity.user(operator);
    editor = await identity.user(operator);
    stranger = await identity.user(operator);
    spaceId = await identity.space(owner);
    await identity.join(owner, spaceId, editor.email, 'Editor');
    ({ id: keyId, key } = await identity.key(owner, spaceId));
    const wallets = `/api/v1/billing/wallets?search_space_id=${spaceId}`;
    const { data } = await identity.expect(200, 'GET', wallets, { as: owner.access });
    walletId = (data as { id: string }[])[0]!.id;
    const grant = { amount_micros: CREDIT, reason: 'Tests' };
    const grants = `/api/v1/billing/wallets/${walletId}/grants`;
    await identity.expect(201, 'POST', grants, { as: operator.access, body: grant });
  });

  afterAll(() => identity.close());

  const ofSpace = (more: object = {}) => ({
    name: `Budget ${newId()}`,
    scope: 'space',
    search_space_id: spaceId,
    period: 'month',
    limit_micros: 1_000,
    ...more,
  });
  const make = (as: Tokens, body: object, status = 201) =>
    identity.expect(status, 'POST', BUDGETS, { as: as.access, body });
  const read = (id: unknown, as = owner.access) =>
    identity.expect(200, 'GET', `${BUDGETS}/${String(id)}`, { as });
  const patch = (as: Tokens, id: unknown, body: object, status = 200) =>
    identity.expect(status, 'PATCH', `${BUDGETS}/${String(id)}`, { as: as.access, body });
  const remove = (as: Tokens, id: unknown, status = 204) =>
    identity.expect(status, 'DELETE', `${BUDGETS}/${String(id)}`, { as: as.access });
  const hold = async (amount: number, more: object = {}) => {
    const member = makeHold(walletId, amount, more);
    const refusal = await identity.app.get(SettlementWriter).admit({ hold: member });
    return { id: member.id, refusal };
  };
  const spend = async (amount: number, more: object = {}) => {
    const { id, refusal } = await hold(amount, more);
    if (refusal) return refusal;
    await identity.app.get(SettlementWriter).conclude({ settle: makeSettle(id, 'post') });
    return null;
  };
  const auditOf = (id: unknown) =>
    identity.sql<{ action: string; before: Body | null; after: Body | null; user: string }>(
      `SELECT action, before, after, actor_user_id AS "user" FROM audit_events
        WHERE target_type = 'budget' AND target_id = $1 AND actor_kind = 'user' ORDER BY id`,
      [id],
    );
  const fieldsOf = ({ errors }: Body) => (errors as { field: string }[]).map(({ field }) => field);

  describe('making one', () => {
    it('gives back what was made, with its first period running and nothing used', async () => {
      const body = ofSpace({
        name: '  Spring  ',
        time_zone: 'europe/berlin',
        thresholds: [50, 90],
        rollover_percent: 25,
      });
      const made = await make(owner, body);
      expect(made).toMatchObject({
        name: 'Spring',
        scope: 'space',
        subject_id: spaceId,
        search_space_id: spaceId,
        mode: 'hard',
        period: 'month',
        time_zone: 'Europe/Berlin',
        limit_micros: 1_000,
        carried_micros: 0,
        spent_micros: 0,
        held_micros: 0,
        remaining_micros: 1_000,
        thresholds: [50, 90],
        rollover_percent: 25,
        ends_at: null,
        managed_by: 'space',
        created_by: owner.id,
      });
      expect(made.resets_at).toBe(made.period_end);
      expect(await read(made.id)).toEqual(made);
      expect(await auditOf(made.id)).toMatchObject([
        {
          action: 'budget.created',
          before: null,
          after: { name: 'Spring', limit_micros: 1_000, time_zone: 'Europe/Berlin' },
          user: owner.id,
        },
      ]);
      await remove(owner, made.id);
    });

    it('lets an operator make any, and a manager none beyond the space', async () => {
      const bodies: [object, object][] = [
        [ofSpace({ scope: 'global', search_space_id: undefined }), { subject_id: null }],
        [
          ofSpace({ scope: 'user', search_space_id: undefined, user_id: editor.id }),
          { subject_id: editor.id, search_space_id: null },
        ],
      ];
      for (const [body, made] of bodies) {
        expect((await make(owner, body, 403)).code).toBe('rbac.operator_required');
        const { id, ...rest } = await make(operator, body);
        expect(rest).toMatchObject({ ...made, managed_by: 'operator' });
        await remove(operator, id);
      }
      const ofEditor = ofSpace({ scope: 'member', user_id: editor.id });
      const ofKey = ofSpace({ scope: 'key', search_space_id: undefined, api_key_id: keyId });
      for (const body of [ofSpace(), ofEditor, ofKey]) {
        for (const [as, managed_by] of [
          [owner, 'space'],
          [operator, 'operator'],
        ] as const) {
          const made = await make(as, { ...body, name: `By ${managed_by}` });
          expect(made).toMatchObject({ managed_by, search_space_id: spaceId });
          await remove(as, made.id);
        }
      }
    });

    it('is for nobody else, and no key', async () => {
      expect((await make(editor, ofSpace(), 403)).code).toBe('rbac.permission_denied');
      await make(stranger, ofSpace(), 404);
      await make(stranger, ofSpace({ search_space_id: newId() }), 404);
      const call = { as: key, body: ofSpace() };
      expect((await identity.expect(403, 'POST', BUDGETS, call)).code).toBe(
        'auth.session_required',
      );
    });

    it('finds no subject of another space, and none that is missing', async () => {
      const theirs = await identity.space(stranger);
      const { id: theirKey } = await identity.key(stranger, theirs);
      const none = [
        ofSpace({ search_space_id: theirs }),
        ofSpace({ scope: 'member', user_id: stranger.id }),
        ofSpace({ scope: 'member', user_id: newId() }),
        ofSpace({ scope: 'key', search_space_id: undefined, api_key_id: theirKey }),
        ofSpace({ scope: 'key', search_space_id: undefined, api_key_id: newId() }),
      ];
      for (const body of none) await make(owner, body, 404);
      await make(operator, ofSpace({ search_space_id: newId() }), 404);
      const nobody = { scope: 'user', search_space_id: undefined, user_id: newId() };
      await make(operator, ofSpace(nobody), 404);
    });

    it.each([
      ['scope', { scope: 'subscription' }],
      ['period', { period: 'year' }],
      ['mode', { mode: 'firm' }],
      ['limit_micros', { limit_micros: -1 }],
      ['limit_micros', { limit_micros: 0.5 }],
      ['limit_micros', { limit_micros: 10_000_000_000_001 }],
      ['thresholds', { thresholds: [] }],
      ['thresholds', { thresholds: [80, 80] }],
      ['thresholds', { thresholds: [100, 80] }],
      ['thresholds', { thresholds: [0] }],
      ['thresholds', { thresholds: [1_001] }],
      ['thresholds', { thresholds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }],
      ['rollover_percent', { rollover_percent: 101 }],
      ['rollover_percent', { period: '5h', rollover_percent: 10 }],
      ['time_zone', { time_zone: 'Mars/Olympus' }],
      ['time_zone', { time_zone: 'UTC+25' }],
      ['time_zone', { time_zone: '+03:00' }],
      ['time_zone', { period: 'total', time_zone: 'UTC' }],
      ['auto_renew', { period: '5h', auto_renew: false }],
      ['auto_renew', { period: 'total', auto_renew: false }],
      ['auto_renew', { auto_renew: false, ends_at: '2099-01-01T00:00:00Z' }],
      ['ends_at', { ends_at: '2020-01-01T00:00:00Z' }],
      ['ends_at', { ends_at: '2099-01-01T00:00:00' }],
      ['ends_at', { ends_at: 'soon' }],
      ['ends_at', { ends_at: '2099-001T00:00:00Z' }],
      ['user_id', { user_id: '019a0000-0000-7000-8000-000000000000' }],
      ['search_space_id', { search_space_id: undefined }],
      ['user_id', { scope: 'member' }],
      ['api_key_id', { scope: 'key' }],
      ['name', { name: ' ' }],
      ['held_micros', { held_micros: 0 }],
    ])('names %s when it is wrong: %o', async (field, wrong) => {
      expect(fieldsOf(await make(owner, ofSpace(wrong), 400))).toContain(field);
    });

    it('ends with its first period when it is not to be renewed', async () => {
      const made = await make(owner, ofSpace({ auto_renew: false }));
      expect(made.ends_at).toBe(made.period_end);
      await remove(owner, made.id);
    });

    it('keeps names apart within a subject, and no more than twenty', async () => {
      const other = await identity.space(owner);
      const one = (name: string, status = 201) =>
        make(owner, ofSpace({ search_space_id: other, name, mode: 'soft' }), status);
      await one('Name 1');
      expect((await one('name 1', 409)).code).toBe('request.conflict');
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          identity.call('POST', BUDGETS, {
            as: owner.access,
            body: ofSpace({ search_space_id: other, name: `More ${index}`, mode: 'soft' }),
          }),
        ),
      );
      expect(all.filter(({ status }) => status === 201)).toHaveLength(19);
      const list = `${BUDGETS}?search_space_id=${other}&limit=100`;
      const { data } = await identity.expect(200, 'GET', list, { as: owner.access });
      const [first] = data as { id: string }[];
      expect(data).toHaveLength(20);
      await remove(owner, first!.id);
      await one('Again');
    });
  });

  describe('changing one', () => {
    it('counts for the next call, both ways', async () => {
      const { id } = await make(owner, ofSpace({ limit_micros: 500 }));
      expect(await spend(400)).toBeNull();
      expect(await spend(200)).toMatchObject({ code: 'billing.budget_exceeded', budget_id: id });
      expect(await patch(owner, id, { limit_micros: 600 })).toMatchObject({
        remaining_micros: 200,
        spent_micros: 400,
      });
      expect(await spend(200)).toBeNull();
      await patch(owner, id, { limit_micros: 100 });
      expect(await read(id)).toMatchObject({ remaining_micros: 0, spent_micros: 600 });
      expect(await spend(1)).toMatchObject({ budget_id: id, remaining_micros: 0 });
      await patch(owner, id, { mode: 'soft' });
      expect(await spend(1)).toBeNull();
      await patch(owner, id, { mode: 'hard', name: 'Renamed', thresholds: [10] });
      expect((await auditOf(id)).map(({ before, after }) => [before, after])).toMatchObject([
        [null, {}],
        [{ limit_micros: 500 }, { limit_micros: 600 }],
        [{ limit_micros: 600 }, { limit_micros: 100 }],
        [{ mode: 'hard' }, { mode: 'soft' }],
        [{ mode: 'soft' }, { mode: 'hard', name: 'Renamed', thresholds: [10] }],
      ]);
      await remove(owner, id);
      expect(await spend(1)).toBeNull();
      await identity.expect(404, 'GET', `${BUDGETS}/${String(id)}`, { as: owner.access });
    });

    it('tells what cannot be changed to be made anew', async () => {
      const { id } = await make(owner, ofSpace());
      for (const field of ['period', 'scope']) {
        const { errors } = await patch(owner, id, { [field]: 'day' }, 400);
        expect(errors).toEqual([{ field, message: expect.stringContaining('make a new one') }]);
      }
      expect(fieldsOf(await patch(owner, id, { time_zone: 'UTC' }, 400))).toEqual(['time_zone']);
      await patch(owner, id, { ends_at: '2020-01-01T00:00:00Z' }, 400);
      await remove(owner, id);
    });

    it('leaves an operator’s alone, and gives outsiders the same 404 as for none', async () => {
      const { id } = await make(operator, ofSpace({ limit_micros: CREDIT }));
      for (const change of [{ limit_micros: 1 }, { ends_at: null }, { mode: 'soft' }]) {
        expect((await patch(owner, id, change, 403)).code).toBe('rbac.operator_required');
      }
      await remove(owner, id, 403);
      await identity.expect(403, 'POST', `${BUDGETS}/${String(id)}/reset`, { as: owner.access });
      expect((await patch(editor, id, {}, 403)).code).toBe('rbac.permission_denied');
      const details = [];
      for (const one of [id, newId(), 'nonsense']) {
        details.push((await patch(stranger, one, {}, 404)).detail);
        details.push((await remove(stranger, one, 404)).detail);
      }
      expect(new Set(details).size).toBe(1);
      await patch(operator, id, { limit_micros: 1 });
      await remove(operator, id);
    });

    it('refuses everything once it has ended, until it is given a new end', async () => {
      const { id } = await make(owner, ofSpace({ period: 'total', limit_micros: CREDIT }));
      await identity.sql(`UPDATE budgets SET ends_at = now() - interval '1 s' WHERE id = $1`, [id]);
      expect(await spend(1)).toMatchObject({ budget_id: id, reason: 'ended' });
      expect(await read(id)).toMatchObject({ remaining_micros: 0 });
      const reset = `${BUDGETS}/${String(id)}/reset`;
      await identity.expect(409, 'POST', reset, { as: owner.access });
      await patch(owner, id, { ends_at: null });
      expect(await spend(1)).toBeNull();
      await remove(owner, id);
    });
  });

  describe('beginning anew', () => {
    it('leaves it to a call to open a spend window', async () => {
      const { id } = await make(owner, ofSpace({ period: '5h' }));
      const unopened = { period_start: null, period_end: null };
      expect(await patch(owner, id, { limit_micros: 7 })).toMatchObject(unopened);
      await remove(owner, id);
    });

    it.each(['month', 'total', '5h'])(
      'a reset of %s leaves the calls where they were',
      async (period) => {
        const { id } = await make(
          owner,
          ofSpace({ period, limit_micros: 1_000, rollover_percent: period === 'month' ? 100 : 0 }),
        );
        expect(await spend(300)).toBeNull();
        const running = await hold(600);
        expect(await spend(200)).toMatchObject({ budget_id: id });
        const reset = `${BUDGETS}/${String(id)}/reset`;
        expect(await identity.expect(200, 'POST', reset, { as: owner.access })).toMatchObject({
          spent_micros: 0,
          held_micros: 0,
          remaining_micros: 1_000,
        });
        expect(await spend(900)).toBeNull();
        const writer = identity.app.get(SettlementWriter);
        await writer.conclude({ settle: makeSettle(running.id, 'post', 500) });
        expect(await read(id)).toMatchObject({
          spent_micros: 900,
          held_micros: 0,
          carried_micros: 0,
        });
        const { data } = await identity.expect(200, 'GET', `${BUDGETS}/${String(id)}/periods`, {
          as: owner.access,
        });
        expect(data).toMatchObject([{ spent_micros: 800, held_micros: 0, limit_micros: 1_000 }]);
        expect((await auditOf(id)).at(-1)).toMatchObject({
          action: 'budget.reset',
          before: { spent_micros: 300, held_micros: 600 },
        });
        await remove(owner, id);
      },
    );

    it('shows the new period before anybody has written it, and the closed ones page by page', async () => {
      const { id } = await make(owner, ofSpace({ period: 'day', rollover_percent: 50 }));
      expect(await spend(800)).toBeNull();
      for (const days of [1, 2]) {
        await identity.sql(
          `UPDATE budgets SET period_start = period_start - make_interval(days => $2),
             period_end = period_end - make_interval(days => $2) WHERE id = $1`,
          [id, days],
        );
        const carried = days === 1 ? 200 : 500;
        const spent = {
          spent_micros: 0,
          carried_micros: carried,
          remaining_micros: 1_000 + carried,
        };
        expect(await read(id)).toMatchObject(spent);
        // A change closes what is over: it keeps the limit that it had.
        await patch(owner, id, { limit_micros: 1_000 + days });
        await patch(owner, id, { limit_micros: 1_000 });
      }
      const periods = `${BUDGETS}/${String(id)}/periods?limit=1`;
      const first = await identity.expect(200, 'GET', periods, { as: owner.access });
      expect(first.data).toMatchObject([{ spent_micros: 800, limit_micros: 1_000 }]);
      const next = `${periods}&cursor=${String(first.next_cursor)}`;
      const second = await identity.expect(200, 'GET', next, { as: owner.access });
      expect(second).toMatchObject({ data: [{ limit_micros: 1_000 }], next_cursor: null });
      for (const cursor of ['nonsense', '-271821-04-20T00:00:00.000Z', '2026']) {
        const url = `${periods}&cursor=${Buffer.from(cursor).toString('base64url')}`;
        await identity.expect(400, 'GET', url, { as: owner.access });
      }
      await remove(owner, id);
    });
  });
});
