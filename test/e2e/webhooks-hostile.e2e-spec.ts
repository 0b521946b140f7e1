// Proves that a webhook leads nowhere it must not, however its name resolves and whatever its receiver answers, and that
// a receiver that is slow or silent holds up nobody but itself; and what becomes of one that fails, and of what it was to
// be told.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HostResolver } from '../../src/outbound/host-resolver.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { WAITING_PER_ENDPOINT_MAX } from '../../src/webhooks/domain/delivery.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { WebhookClient, WEBHOOKS } from '../setup/webhook-client.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';

const WAIT = { timeout: 45_000, interval: 20 };
const CHUNK = 'x'.repeat(16_384);
/** Enough for all that one endpoint may have under way, and more. */
const TESTS = 6;
const CANARY = '127.0.0.2';

let atelier: TestApplication;
let receiver: WebhookReceiver;
let canary: Server;
let connections = 0;
let client: WebhookClient;

beforeAll(async () => {
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  receiver = await WebhookReceiver.start();
  // The receiver's port at an address that is not permitted.
  canary.listen(receiver.port, CANARY);
  await once(canary, 'listening');
  atelier = await startApplication({ OUTBOUND_ALLOW: receiver.host, WEBHOOK_TIMEOUT_S: '2' });
  client = new WebhookClient(atelier);
});
afterAll(async () => {
  expect(connections).toBe(0);
  await atelier.stop();
  await receiver.stop();
  canary.close();
  await once(canary, 'close');
});

async function subscribe(url: string): Promise<string> {
  return (await client.subscribe(url, ['budget.exhausted'])).id;
}

const readLast = async (id: string): Promise<Answer['body']> =>
  (await client.listDeliveries(id))[0];

/** What came of one test of an endpoint at this address. */
async function tryOnce(url: string): Promise<Answer['body']> {
  const id = await subscribe(url);
  await client.test(id);
  const isTried = ({ status, error }: Answer['body']) => status !== 'pending' || error !== null;
  await expect.poll(async () => isTried(await readLast(id)), WAIT).toBe(true);
  const last = await readLast(id);
  await client.remove(id);
  return last;
}

describe('an address', () => {
  it('is judged by where its name leads at each delivery, and the delivery goes nowhere else', async () => {
    const resolver = atelier.app.get(HostResolver, { strict: false });
    const questions: string[] = [];
    // Where it may lead when it is asked first, at once after that the canary.
    const spy = vi.spyOn(resolver, 'resolve').mockImplementation(async (hostname) => {
      questions.push(hostname);
      return questions.length === 1 ? ['127.0.0.1'] : [CANARY];
    });
    try {
      const id = await subscribe(`https://rebound.example.com:${receiver.port}/`);
      expect(questions).toEqual([]);
      const before = receiver.connections;
      await client.test(id);
      // There is no TLS to be had there, so it fails; but there it went.
      await expect.poll(async () => (await readLast(id)).error, WAIT).toContain('reached');
      expect([receiver.connections - before, questions.length]).toEqual([1, 1]);
      await client.hurry(id);
      await expect
        .poll(async () => (await readLast(id)).error, WAIT)
        .toContain('The host of the URL is this machine itself');
      expect([receiver.connections - before, questions.length]).toEqual([1, 2]);
      await client.remove(id);
    } finally {
      spy.mockRestore();
    }
  });

  it('that is a private one from the start is not taken', async () => {
    for (const host of [CANARY, `[::ffff:${CANARY}]`, '2130706434']) {
      const url = `https://${host}:${receiver.port}/`;
      const body = { search_space_id: atelier.spaceId, url, events: ['*'] };
      await client.must(400, 'POST', '', body);
    }
  });
});

describe('an answer', () => {
  it('that redirects is a failure, wherever it points', async () => {
    receiver.answer('/moved', (response) => {
      response.writeHead(307, { location: `http://${CANARY}:${receiver.port}/` }).end();
    });
    expect(await tryOnce(receiver.toUrl('/moved'))).toMatchObject({
      status: 'pending',
      response_status: 307,
      error: 'answered 307: redirects are not followed',
    });
  });

  it('without end is read to its bound, and what it began with counts', async () => {
    let isDestroyed = (): boolean => false;
    receiver.answer('/endless', (response) => {
      isDestroyed = () => response.destroyed;
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(CHUNK));
      };
      response.on('drain', more);
      more();
    });
    const last = await tryOnce(receiver.toUrl('/endless'));
    expect(last).toMatchObject({ status: 'delivered', response_status: 200 });
    expect(last.response_excerpt).toHaveLength(1_024);
    await expect.poll(() => isDestroyed(), WAIT).toBe(true);
  });

  it('that never comes is given up in time, and breaking off is a failure', async () => {
    receiver.answer('/silent', () => undefined);
    receiver.answer('/cut', (response) => void response.destroy());
    const silent = await tryOnce(receiver.toUrl('/silent'));
    expect(silent).toMatchObject({
      response_status: null,
      error: expect.stringContaining('in time'),
    });
    const cut = await tryOnce(receiver.toUrl('/cut'));
    expect(cut).toMatchObject({ response_status: null, error: expect.stringContaining('reached') });
  });
});

describe('a receiver that never answers', () => {
  it('has no more than four at once, and another is told meanwhile', async () => {
    let underWay = 0;
    let most = 0;
    receiver.answer('/slow', (response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      response.on('close', () => (underWay -= 1));
    });
    const slow = await subscribe(receiver.toUrl('/slow'));
    for (let count = 0; count < TESTS; count += 1) await client.test(slow);
    await expect.poll(() => underWay, WAIT).toBeGreaterThan(0);
    const quick = await subscribe(receiver.toUrl('/quick'));
    await client.test(quick);
    await expect.poll(async () => (await readLast(quick)).status, WAIT).toBe('delivered');
    await expect.poll(() => receiver.listAt('/slow').length, WAIT).toBeGreaterThanOrEqual(TESTS);
    expect(most).toBeLessThanOrEqual(4);
    await client.remove(slow, quick);
  });
});

describe('an endpoint with as many waiting as may', () => {
  it('takes no test and nothing by hand until fewer wait', async () => {
    const id = await subscribe(receiver.toUrl('/full'));
    await fill(id, WAITING_PER_ENDPOINT_MAX);
    const dead = await client.listDeliveries(id, '?status=dead');
    expect(dead).toHaveLength(2);
    for (const path of [
      'test',
      'deliveries/redeliver-dead',
      `deliveries/${dead[0].id}/redeliver`,
    ]) {
      const refused = await atelier.call('POST', `${WEBHOOKS}/${id}/${path}`, {}, client.session);
      expectProblem(refused, { status: 409, code: 'request.conflict' });
      expect(refused.body.detail).toContain('10000 deliveries wait');
      expect(refused.headers.get('retry-after')).toBe('60');
    }
    const [waiting] = await client.listDeliveries(id, '?status=pending&limit=1');
    await client.must(202, 'POST', `/${id}/deliveries/${waiting.id}/redeliver`);
    await expect.poll(() => receiver.listAt('/full').length, WAIT).toBe(1);
    await expect.poll(() => client.listDeliveries(id, '?status=delivered'), WAIT).toHaveLength(1);
    const again = await client.must(202, 'POST', `/${id}/deliveries/redeliver-dead`);
    expect(again).toEqual({ redelivered: 1, has_more: true });
    await client.remove(id);
  });

  /** So many that wait for a time far off, and two that were given up. */
  async function fill(id: string, waiting: number): Promise<void> {
    await atelier.app.get(Sql).query(
      'test_webhooks_fill',
      `INSERT INTO webhook_deliveries (id, endpoint_id, search_space_id, event_id, event, data, occurred_at, status,
         available_at, created_at, finished_at)
       SELECT gen_random_uuid(), e.id, e.search_space_id, gen_random_uuid(), 'budget.exhausted', '{}', now(),
         CASE WHEN at > 2 THEN 'pending' ELSE 'dead' END, now() + interval '1 hour', now(),
         CASE WHEN at > 2 THEN NULL ELSE now() END
       FROM webhook_endpoints e, generate_series(1, $2::int) AS at WHERE e.id = $1 RETURNING id`,
      [id, waiting + 2],
    );
  }
});

describe('a receiver that fails', () => {
  it('is told again under the same id until all attempts are made, then by hand; the log keeps no secret', async () => {
    const made = await client.subscribe(receiver.toUrl('/failing'), ['budget.exhausted']);
    const echo = `no: ${made.secret} token=abc.def&x`;
    receiver.answer('/failing', (response) => void response.writeHead(500).end(echo));
    await client.test(made.id);
    const isDead = async () => {
      await client.hurry(made.id);
      return (await client.listDeliveries(made.id, '?status=dead')).length;
    };
    await expect.poll(isDead, WAIT).toBe(1);
    const [dead] = await client.listDeliveries(made.id, '?status=dead');
    expect(dead).toMatchObject({
      attempts: 10,
      response_status: 500,
      error: 'answered 500',
      next_attempt_at: null,
      event: 'webhook.test',
    });
    expect(dead.response_excerpt).toBe('no: [redacted] token=[redacted]&x');
    expect(await client.listDeliveries(made.id, '?status=delivered')).toEqual([]);
    expect((await client.read(made.id)).notice).toContain('Failing since');
    receiver.answer('/failing', (response) => void response.writeHead(200).end('at last'));
    const again = await client.must(202, 'POST', `/${made.id}/deliveries/redeliver-dead`);
    expect(again).toEqual({ redelivered: 1, has_more: false });
    await expect
      .poll(() => client.listDeliveries(made.id, '?status=delivered'), WAIT)
      .toHaveLength(1);
    await client.must(202, 'POST', `/${made.id}/deliveries/${dead.id}/redeliver`);
    await expect.poll(() => receiver.listAt('/failing').length, WAIT).toBe(12);
    const ids = new Set(receiver.listAt('/failing').map(({ headers }) => headers['webhook-id']));
    expect(ids.size).toBe(1);
    expect(await client.read(made.id)).toMatchObject({ notice: null, failing_since: null });
    await client.remove(made.id);
  });

  it('waits as long as Retry-After asks, and no longer than a day', async () => {
    const made = await client.subscribe(receiver.toUrl('/later'), ['budget.exhausted']);
    const waits: [asked: string, s: number][] = [
      ['600', 600],
      ['999999999', 86_400],
    ];
    for (const [asked, s] of waits) {
      receiver.answer(
        '/later',
        (response) => void response.writeHead(503, { 'retry-after': asked }).end(),
      );
      const { id } = await client.test(made.id);
      const find = async () => (await client.listDeliveries(made.id)).find((one) => one.id === id);
      await expect.poll(async () => (await find()).response_status, WAIT).toBe(503);
      const inS = (Date.parse((await find()).next_attempt_at) - Date.now()) / 1_000;
      expect(inS).toBeGreaterThan(s - 60);
      expect(inS).toBeLessThan(s * 1.1 + 1);
    }
    await client.remove(made.id);
  });

  it('is disabled when it answers 410, and when it takes nothing for five days', async () => {
    const gone = await client.subscribe(receiver.toUrl('/gone'), ['budget.exhausted']);
    receiver.answer('/gone', (response) => void response.writeHead(410).end());
    await client.test(gone.id);
    const read = (id: string) => client.read(id);
    await expect.poll(async () => (await read(gone.id)).disabled_reason, WAIT).toBe('gone');
    expect((await client.listDeliveries(gone.id))[0]).toMatchObject({
      status: 'dead',
      response_status: 410,
    });
    const failing = await client.subscribe(receiver.toUrl('/down'), ['budget.exhausted']);
    receiver.answer('/down', (response) => void response.writeHead(502).end());
    await client.test(failing.id);
    await expect.poll(async () => (await read(failing.id)).failing_since, WAIT).not.toBeNull();
    await atelier.app
      .get(Sql)
      .query(
        'test_webhooks_age',
        `UPDATE webhook_endpoints SET failing_since = now() - interval '5 days' WHERE id = $1`,
        [failing.id],
      );
    await client.hurry(failing.id);
    await expect.poll(async () => (await read(failing.id)).disabled_reason, WAIT).toBe('failing');
    expect((await read(failing.id)).notice).toContain('Disabled at');
    const events = await atelier.app
      .get(Sql)
      .query<{ target_id: string }>(
        'test_webhooks_audit',
        `SELECT target_id FROM audit_events WHERE action = 'webhook.disabled' AND actor_kind = 'system'`,
        [],
      );
    expect(events.map((row) => row.target_id).toSorted()).toEqual(
      [String(gone.id), String(failing.id)].toSorted(),
    );
    const enabled = await client.must(200, 'PATCH', `/${failing.id}`, { is_enabled: true });
    expect(enabled).toMatchObject({ is_enabled: true, disabled_reason: null, notice: null });
    for (const { id } of [gone, failing]) await client.remove(id);
  });
});
