// Proves what receivers of webhooks rely on: who may have them, what they are told, signed so that two independent
// readers agree, and under a new secret without a gap; and that the receiver of the documentation does its work.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outbox } from '../../src/persistence/outbox.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { newId } from '../../src/common/ids.js';
import { WalletWatch } from '../../src/webhooks/wallet-watch.js';
import { WebhooksKeeper } from '../../src/webhooks/webhooks.keeper.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { dressByFacade } from '../setup/dress-by-facade.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import { WebhookClient, WEBHOOKS } from '../setup/webhook-client.js';
import { type Received, WebhookReceiver } from '../setup/webhook-receiver.js';

const PICTURE = { model: 'embedded-image', prompt: 'a lighthouse at dawn', size: '32x32' };
const WAIT = { timeout: 45_000, interval: 20 };

let atelier: TestApplication;
let receiver: WebhookReceiver;
let documentedPort: number;
let session: Record<string, string>;
let sql: Sql;
let client: WebhookClient;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  documentedPort = await findFreePort();
  atelier = await startApplication({
    OUTBOUND_ALLOW: `${receiver.host},127.0.0.1:${documentedPort}`,
    WEBHOOKS_PER_SPACE_MAX: '12',
  });
  session = operatorOf(atelier);
  sql = atelier.app.get(Sql);
  client = new WebhookClient(atelier);
});
afterAll(async () => {
  await atelier.stop();
  await receiver.stop();
});

const call = (method: string, path: string, body?: unknown, headers: object = session) =>
  atelier.call(method, path, body, headers);

const subscribe = (path: string, events: string[], more: object = {}) =>
  client.subscribe(receiver.toUrl(path), events, more);

/** By the specification's own package, and by hand. */
function verify(secret: string, { headers, text }: Received): void {
  expect(new Webhook(secret).verify(text, headers)).toEqual(JSON.parse(text));
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const mac = createHmac('sha256', key).update(signed).digest('base64');
  expect(headers['webhook-signature']?.split(' ')).toContain(`v1,${mac}`);
}

describe('a webhook', () => {
  it('is made, listed, changed and deleted, shows its secret once, and leaves its trail', async () => {
    const made = await subscribe('/crud', ['budget.exhausted'], { description: 'The shop' });
    expect(made).toMatchObject({
      search_space_id: atelier.spaceId,
      url: receiver.toUrl('/crud'),
      events: ['budget.exhausted'],
      include_prompt: false,
      is_enabled: true,
      notice: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const path = `${WEBHOOKS}/${made.id}`;
    const { secret: _secret, ...shown } = made;
    expect((await call('GET', path)).body).toEqual(shown);
    const query = `?search_space_id=${atelier.spaceId}`;
    expect((await call('GET', WEBHOOKS + query)).body.data).toEqual([shown]);
    const changed = await call('PATCH', path, { events: ['*'], is_enabled: false });
    expect(changed.body).toMatchObject({ events: ['*'], is_enabled: false, disabled_reason: null });
    expectProblem(await call('POST', `${path}/test`), { status: 409, code: 'request.conflict' });
    await client.remove(made.id);
    expectProblem(await call('GET', path), { status: 404, code: 'request.not_found' });
    const trail = await must(
      atelier,
      200,
      'GET',
      `/api/v1/search-spaces/${atelier.spaceId}/audit-events?limit=100`,
      undefined,
      session,
    );
    const actions = trail.data
      .filter(({ target_id }: { target_id: string }) => target_id === made.id)
      .map(({ action }: { action: string }) => action);
    expect(actions.toSorted()).toEqual(['webhook.created', 'webhook.deleted', 'webhook.updated']);
    expect(JSON.stringify(trail)).not.toContain(made.secret);
  });

  it.each([
    [{ url: 'https://user:word@hooks.example.com/' }, 'url'],
    [{ url: 'http://hooks.example.com/' }, 'url'],
    [{ url: 'https://10.0.0.1/' }, 'url'],
    [{ url: `https://hooks.example.com/${'x'.repeat(2_048)}` }, 'url'],
    [{ url: 'https://hooks.example.com/#part' }, 'url'],
    [{ url: 'https://hooks.example.com/\0' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: ['generation.dreamt'] }, 'events'],
    [{ events: ['webhook.test'] }, 'events'],
    [{ secret: 'whsec_mine' }, 'secret'],
  ])('is refused with a wrong field: %#', async (wrong, field) => {
    const body = { search_space_id: atelier.spaceId, url: receiver.toUrl('/'), events: ['*'] };
    const answer = await call('POST', WEBHOOKS, { ...body, ...wrong });
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(JSON.stringify(answer.body.errors)).toContain(field);
  });

  it('cannot be changed by a key, and there are only so many', async () => {
    const body = { search_space_id: atelier.spaceId, url: receiver.toUrl('/'), events: ['*'] };
    const byKey = await call('POST', WEBHOOKS, body, atelier.key);
    expectProblem(byKey, { status: 403, code: 'auth.session_required' });
    const owner = await createPerson(atelier, 'many');
    const space = await createSpace(atelier, owner, 0);
    const mine = { ...body, search_space_id: space };
    const made = await Promise.all(
      Array.from({ length: 14 }, () => call('POST', WEBHOOKS, mine, owner.session)),
    );
    const statuses = made.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array<number>(12).fill(201), 409, 409]);
    expect(
      (await call('DELETE', `/api/v1/search-spaces/${space}`, undefined, owner.session)).status,
    ).toBe(202);
    await expect
      .poll(
        async () =>
          (
            await sql.query(
              'test_left',
              'SELECT id FROM webhook_endpoints WHERE search_space_id = $1',
              [space],
            )
          ).length,
        WAIT,
      )
      .toBe(0);
  });
});

describe('what happens', () => {
  it('is told once to each that asked, with fresh links, and a prompt only where it was asked for', async () => {
    const plain = await subscribe('/plain', ['generation.succeeded']);
    const wordy = await subscribe('/wordy', ['*'], { include_prompt: true });
    const other = await subscribe('/other', ['generation.failed']);
    const made = await atelier.call('POST', '/api/v1/image-generations', { ...PICTURE, n: 2 });
    await expect.poll(() => receiver.listAt('/plain'), WAIT).toHaveLength(1);
    await expect.poll(() => receiver.listAt('/wordy'), WAIT).toHaveLength(1);
    const [told] = receiver.listAt('/plain') as [Received];
    verify(plain.secret, told);
    expect(told.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(told.body).toEqual({
      type: 'generation.succeeded',
      timestamp: expect.any(String),
      data: {
        search_space_id: atelier.spaceId,
        generation_id: made.body.id,
        status: 'succeeded',
        operation: 'generate',
        provider: 'embedded',
        model: 'embedded-image',
        created_by: made.body.created_by,
        latency_ms: expect.any(Number),
        image_count: 2,
        cost_micros: made.body.cost_micros,
        collection_id: null,
        error: null,
        images: made.body.images.map((image: { index: number; sha256: string; bytes: number }) => ({
          index: image.index,
          url: expect.stringContaining('/image?token='),
          media_type: 'image/png',
          width: 32,
          height: 32,
          bytes: image.bytes,
          sha256: image.sha256,
        })),
      },
    });
    const picture = await fetch(told.body.data.images[1].url);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    await picture.body?.cancel();
    const [wordily] = receiver.listAt('/wordy') as [Received];
    verify(wordy.secret, wordily);
    expect(() => new Webhook(plain.secret).verify(wordily.text, wordily.headers)).toThrow();
    expect(wordily.body.data.prompt).toBe(PICTURE.prompt);
    expect(wordily.headers['webhook-id']).toBe(told.headers['webhook-id']);
    const [delivery] = await client.listDeliveries(plain.id);
    expect(delivery).toMatchObject({
      event: 'generation.succeeded',
      event_id: told.headers['webhook-id'],
      status: 'delivered',
      attempts: 1,
      next_attempt_at: null,
      response_status: 204,
      error: null,
    });
    expect(delivery.data_excerpt).not.toContain('token=');
    expect(await client.listDeliveries(other.id)).toEqual([]);
    for (const { id } of [plain, wordy, other]) await client.remove(id);
  });

  it('is told of try-ons in the words of old, of budgets, of an empty wallet and of deleted pictures', async () => {
    const owner = await createPerson(atelier, 'told');
    const space = await createSpace(atelier, owner, 102_000);
    const asked = { search_space_id: space, url: receiver.toUrl('/all'), events: ['*'] };
    await must(atelier, 201, 'POST', WEBHOOKS, asked, owner.session);
    const made = await makePicture(owner, space);
    await expect.poll(() => receiver.listAt('/all').length, WAIT).toBe(1);
    const shown = await dressByFacade(atelier, owner, space, made.images[0].url);
    const crossed = { budget_id: newId(), name: 'Team', percent: 80, spent_micros: 8, secret: 'x' };
    await append('budget.threshold_reached', space, crossed);
    await atelier.app.get(WalletWatch).look();
    await atelier.app.get(WalletWatch).look();
    await must(
      atelier,
      200,
      'DELETE',
      `/api/v1/image-generations/${made.id}`,
      undefined,
      owner.session,
    );
    const listTypes = () => receiver.listAt('/all').map(({ body }) => body.type as string);
    await expect
      .poll(() => listTypes().toSorted(), WAIT)
      .toEqual([
        'budget.threshold_crossed',
        'generation.succeeded',
        'generation.succeeded',
        'media.deleted',
        'try_on.created',
        'wallet.low',
      ]);
    const find = (type: string) =>
      receiver.listAt('/all').find(({ body }) => body.type === type)?.body;
    const { image_url: tryOn, ...told } = find('try_on.created');
    const named = { user_id: 'shopper-7', used_credits: 1, catalog_id: 'coat-7' };
    expect(told).toMatchObject({ ...named, latency_ms: expect.any(Number), data: named });
    expect(new URL(tryOn).pathname).toBe(new URL(shown.image_url).pathname);
    expect((await fetch(tryOn)).status).toBe(200);
    expect(find('budget.threshold_crossed').data).toEqual({
      search_space_id: space,
      budget_id: crossed.budget_id,
      name: 'Team',
      percent: 80,
      spent_micros: 8,
    });
    expect(find('wallet.low').data).toMatchObject({ status: 'warning', available_micros: 100_000 });
    expect(find('media.deleted').data.sha256).toBe(made.images[0].sha256);
  });

  it('is told once however often the outbox tells of it', async () => {
    const { id } = await subscribe('/once', ['spend.anomalous']);
    const eventId = newId();
    for (let time = 0; time < 3; time += 1) {
      await append('spend.anomalous', atelier.spaceId, { day: '2026-11-22' }, eventId);
      await expect.poll(() => countEvents(eventId), WAIT).toBe(0);
    }
    await expect.poll(() => receiver.listAt('/once'), WAIT).toHaveLength(1);
    expect(await client.listDeliveries(id)).toHaveLength(1);
    await client.remove(id);
  });
});

describe('a new secret', () => {
  it('signs beside the one before for as long as it was told to', async () => {
    const made = await subscribe('/rotated', ['budget.exhausted']);
    const path = `${WEBHOOKS}/${made.id}`;
    const rotated = await must(
      atelier,
      200,
      'POST',
      `${path}/rotate-secret`,
      { overlap_s: 600 },
      session,
    );
    expect(rotated.secret).not.toBe(made.secret);
    await client.test(made.id);
    await expect.poll(() => receiver.listAt('/rotated'), WAIT).toHaveLength(1);
    const [both] = receiver.listAt('/rotated') as [Received];
    expect(both.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    verify(rotated.secret, both);
    verify(made.secret, both);
    const last = await must(
      atelier,
      200,
      'POST',
      `${path}/rotate-secret`,
      { overlap_s: 0 },
      session,
    );
    await client.test(made.id);
    await expect.poll(() => receiver.listAt('/rotated'), WAIT).toHaveLength(2);
    const alone = receiver.listAt('/rotated')[1]!;
    verify(last.secret, alone);
    expect(alone.headers['webhook-signature']).not.toContain(' ');
    expect(() => new Webhook(rotated.secret).verify(alone.text, alone.headers)).toThrow();
    const usual = await client.must(200, 'POST', `/${made.id}/rotate-secret`);
    const overlapMs = Date.parse(usual.previous_secret_until) - Date.parse(usual.updated_at);
    expect(overlapMs).toBe(86_400_000);
    const tooLong = await call('POST', `${path}/rotate-secret`, { overlap_s: 604_801 });
    expectProblem(tooLong, { status: 400, code: 'request.invalid' });
    await client.remove(made.id);
  });
});

describe('the receiver of the documentation', () => {
  it('takes what is signed with its secret, once, and nothing else', async () => {
    const made = await client.subscribe(`http://127.0.0.1:${documentedPort}/`, ['spend.anomalous']);
    const page = readFileSync('docs/webhooks.md', 'utf8');
    const code = page.split('```js\n')[1]?.split('```')[0] ?? '';
    const env = { ...process.env, WEBHOOK_SECRET: made.secret, PORT: String(documentedPort) };
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env });
    const ended = once(child, 'exit');
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      const url = `http://127.0.0.1:${documentedPort}/`;
      const forge = () => fetch(url, { method: 'POST', body: '{}' }).catch(() => null);
      await expect.poll(async () => (await forge())?.status, WAIT).toBe(401);
      const { id } = await client.test(made.id);
      await expect
        .poll(() => client.listDeliveries(made.id, '?status=delivered'), WAIT)
        .toHaveLength(1);
      await client.must(202, 'POST', `/${made.id}/deliveries/${id}/redeliver`);
      await expect
        .poll(() => client.listDeliveries(made.id, '?status=delivered'), WAIT)
        .toHaveLength(1);
      const told = { search_space_id: atelier.spaceId, webhook_id: made.id };
      expect(output).toBe(`webhook.test ${JSON.stringify(told)}\n`);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    await client.remove(made.id);
  });
});

describe('the log', () => {
  it('is forgotten after its days', async () => {
    const made = await subscribe('/old', ['budget.exhausted']);
    await client.test(made.id);
    await expect
      .poll(() => client.listDeliveries(made.id, '?status=delivered'), WAIT)
      .toHaveLength(1);
    expect(await atelier.app.get(WebhooksKeeper).forget()).toBe(0);
    await sql.query(
      'test_webhooks_old',
      `UPDATE webhook_deliveries SET created_at = created_at - interval '31 days' WHERE endpoint_id = $1`,
      [made.id],
    );
    expect(await atelier.app.get(WebhooksKeeper).forget()).toBe(1);
    expect(await client.listDeliveries(made.id)).toEqual([]);
  });
});

async function makePicture(owner: Person, space: string): Promise<Answer['body']> {
  const body = { ...PICTURE, search_space_id: space };
  return must(atelier, 201, 'POST', '/api/v1/image-generations', body, owner.session);
}

async function append(kind: string, searchSpaceId: string, payload: object, id = newId()) {
  const event = { id, kind, searchSpaceId, payload: { ...payload } };
  await atelier.app.get(UnitOfWork).run((scope) => scope.get(Outbox).append(event));
}

async function countEvents(id: string): Promise<number> {
  const rows = await sql.query('test_events', 'SELECT id FROM outbox_events WHERE id = $1', [id]);
  return rows.length;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
