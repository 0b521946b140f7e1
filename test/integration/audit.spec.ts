// Proves the audit trail: written with the change or not at all, never altered, read by those who may.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditTrail } from '../../src/audit/domain/audit-trail.port.js';
import { newId } from '../../src/common/ids.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const EVENTS = '/api/v1/audit-events';

describe.each(databaseKinds())('the audit trail on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    owner = await identity.user(operator);
    spaceId = await identity.space(owner);
  });
  afterAll(() => identity.close());

  /** Writes entries as the system does. */
  function record(...actions: string[]): Promise<void> {
    return identity.app.get(UnitOfWork).run((scope) =>
      scope.get(AuditTrail).record(
        ...actions.map((action) => ({
          action,
          target: { type: 'probe', id: newId() },
          searchSpaceId: spaceId,
          after: { name: '=1+1', password: 'planted-password' },
        })),
      ),
    );
  }

  async function list(query: string, as = operator.access): Promise<Record<string, unknown>[]> {
    const { data } = await identity.expect(200, 'GET', `${EVENTS}?${query}`, { as });
    return data as Record<string, unknown>[];
  }

  it('says who, what, from where and in which request', async () => {
    const made = await identity.call('POST', '/api/v1/users', {
      as: operator.access,
      from: '203.0.113.9',
      body: { email: 'audited@example.com', password: 'a long enough password', name: 'A' },
    });
    const [event] = await list(`action=user.created&target_id=${String(made.body.id)}`);
    const me = await identity.expect(200, 'GET', '/api/v1/auth/me', { as: operator.access });
    expect(event).toMatchObject({
      actor_kind: 'user',
      actor_user_id: (me.user as { id: string } | undefined)?.id ?? me.id,
      address: '203.0.113.9',
      request_id: made.headers['x-request-id'],
      before: null,
    });
    expect(JSON.stringify(event)).not.toContain('a long enough password');
  });

  it('is written with the change or not at all', async () => {
    const action = 'probe.undone';
    const undone = identity.app.get(UnitOfWork).run(async (scope) => {
      await scope
        .get(AuditTrail)
        .record({ action, target: { type: 'probe', id: null }, searchSpaceId: null });
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await list(`action=${action}`)).toEqual([]);
  });

  it('is altered by nobody: the database refuses', async () => {
    await record('probe.kept');
    for (const statement of [
      `UPDATE audit_events SET action = 'probe.forged'`,
      `DELETE FROM audit_events WHERE action = 'probe.kept'`,
      'TRUNCATE audit_events',
    ]) {
      await expect(identity.sql(statement)).rejects.toThrow('append-only');
    }
    expect(await list('action=probe.kept')).toHaveLength(1);
  });

  it('holds no secret, whatever a change reports', async () => {
    await record('probe.secret');
    const [event] = await list('action=probe.secret');
    expect(event?.after).toEqual({ name: '=1+1', password: '[redacted]' });
  });

  it('is narrowed by space, action, actor, target and period, and paged', async () => {
    await record('probe.paged', 'probe.paged', 'probe.paged');
    const first = await identity.expect(200, 'GET', `${EVENTS}?action=probe.paged&limit=2`, {
      as: operator.access,
    });
    expect(first.data).toHaveLength(2);
    const rest = await list(`action=probe.paged&limit=2&cursor=${String(first.next_cursor)}`);
    expect(rest).toHaveLength(1);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect(await list(`action=probe.paged&from=${hourAgo}`)).toHaveLength(3);
    expect(await list(`action=probe.paged&until=${hourAgo}`)).toEqual([]);
    expect(await list(`search_space_id=${spaceId}&action=probe.paged`)).toHaveLength(3);
    expect(await list(`search_space_id=${newId()}`)).toEqual([]);
    expect(await list(`actor_user_id=${newId()}`)).toEqual([]);
  });

  it('refuses a filter that is none, naming it', async () => {
    for (const field of ['from=yesterday', 'search_space_id=x', 'format=xml', 'target_id=%00']) {
      const path = field.startsWith('format') ? `${EVENTS}/export` : EVENTS;
      const { status, body } = await identity.call('GET', `${path}?${field}`, {
        as: operator.access,
      });
      expect({ field, status }).toEqual({ field, status: 400 });
      expect(JSON.stringify(body)).toContain(field.split('=')[0]);
    }
  });

  it('is exported as CSV without formulas and as one JSON object a line', async () => {
    await record('probe.exported', 'probe.exported');
    const path = `${EVENTS}/export?action=probe.exported`;
    const [csv, ndjson] = await Promise.all(
      ['csv', 'ndjson'].map((format) =>
        identity.app.inject({
          url: `${path}&format=${format}`,
          headers: { authorization: `Bearer ${operator.access}` },
        }),
      ),
    );
    expect(csv?.headers['content-type']).toContain('text/csv');
    const lines = csv?.body.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines?.[0]).toMatch(/^id,occurred_at,action/);
    const events = ndjson?.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toHaveLength(2);
    expect(events?.[0]).toMatchObject({ action: 'probe.exported', search_space_id: spaceId });
  });

  it('of a space is read by members who may read its logs, and by nobody else', async () => {
    await record('probe.own');
    const path = `/api/v1/search-spaces/${spaceId}/audit-events`;
    const own = await identity.expect(200, 'GET', `${path}?action=probe.own`, { as: owner.access });
    expect(own.data).toHaveLength(1);
    const stranger = await identity.user(operator);
    expect((await identity.call('GET', path, { as: stranger.access })).status).toBe(404);
    expect((await identity.call('GET', path, { as: operator.access })).status).toBe(404);
    expect((await identity.call('GET', EVENTS, { as: owner.access })).status).toBe(403);
    const { key } = await identity.key(owner, spaceId);
    expect((await identity.call('GET', path, { as: key })).status).toBe(403);
  });
});
