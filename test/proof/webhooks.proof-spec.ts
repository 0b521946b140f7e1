/**
 * Proves that a webhook is delivered though processes are killed at random moments of it, and that in quiet times two
 * processes deliver each once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, request } from '../setup/application.js';
import { Fleet, type FleetRole } from '../setup/fleet.js';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../setup/installation.js';
import { proofShare, toNumbers } from '../setup/proof-rounds.js';
import { installationKind } from '../setup/services.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';

const EMAIL = 'operator@example.com';
const WEBHOOKS = '/api/v1/webhooks';
const WAIT = { timeout: 120_000, interval: 50 };
const TIMEOUT_MS = 400_000;
const TESTS = 8;
const ROUNDS = proofShare({ whole: 12, least: 2 });
/** Longer than it takes to claim, so that some die in the middle of an answer. */
const ANSWER_MS = 150;

const kind = installationKind();
/** One process is all that the embedded set has. */
const ROLES: readonly FleetRole[] = kind === 'large' ? ['all', 'all'] : ['all'];

describe(`webhooks on the ${kind} set`, () => {
  let receiver: WebhookReceiver;
  let installation: Installation;
  let fleet: Fleet;
  let session: Record<string, string>;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    installation = await createInstallation(kind, {
      OUTBOUND_ALLOW: receiver.host,
      BOOTSTRAP_ADMIN_EMAIL: EMAIL,
      WEBHOOK_TIMEOUT_S: '5',
    });
  });

  afterAll(async () => {
    await fleet?.stop();
    await receiver?.stop();
    await installation?.drop();
  });

  async function call(method: string, path: string, body?: unknown): Promise<Answer['body']> {
    const [address] = fleet.addresses();
    const answer = await request(`${address}${path}`, method, body, session);
    expect(answer).toMatchObject({ status: expect.toSatisfy((status: number) => status < 300) });
    return answer.body;
  }

  async function start(): Promise<void> {
    fleet = new Fleet(installation);
    await fleet.start([ROLES[0]!]);
    await fleet.join(ROLES.slice(1));
    session = {};
    const login = { email: EMAIL, password: ADMIN_PASSWORD };
    const { access_token: token } = await call('POST', '/api/v1/auth/login', login);
    session = { authorization: `Bearer ${token}` };
  }

  async function subscribe(path: string): Promise<string> {
    const spaces = await call('GET', '/api/v1/search-spaces');
    const space = spaces.data[0].id;
    const body = { search_space_id: space, url: receiver.toUrl(path), events: ['*'] };
    return (await call('POST', WEBHOOKS, body)).id;
  }

  /** As if the time of every claim and of every next attempt had come. */
  function passTime(): Promise<void> {
    return installation.inspect(async (query) => {
      await query(
        'UPDATE webhook_deliveries SET claimed_until = now() WHERE claimed_until > now()',
      );
      await query(`UPDATE webhook_deliveries SET available_at = now() WHERE status = 'pending'`);
    });
  }

  const listIds = (path: string) =>
    receiver.listAt(path).map(({ headers }) => String(headers['webhook-id']));

  it('delivers each once while nothing goes wrong', { timeout: TIMEOUT_MS }, async () => {
    await start();
    const id = await subscribe('/quiet');
    const sent = toNumbers(3 * TESTS).map(async () => call('POST', `${WEBHOOKS}/${id}/test`));
    const wanted = (await Promise.all(sent)).map(({ event_id }) => event_id as string);
    await expect.poll(() => new Set(listIds('/quiet')).size, WAIT).toBe(wanted.length);
    const isOver = async () =>
      (await call('GET', `${WEBHOOKS}/${id}/deliveries?status=pending`)).data.length;
    await expect.poll(isOver, WAIT).toBe(0);
    expect(listIds('/quiet').toSorted()).toEqual(wanted.toSorted());
    await fleet.kill([...ROLES.keys()]);
  });

  it(
    'delivers each at least once, under its id, though all are killed',
    { timeout: TIMEOUT_MS },
    async () => {
      receiver.answer('/killed', (response) => {
        setTimeout(() => void response.writeHead(204).end(), ANSWER_MS);
      });
      await start();
      const id = await subscribe('/killed');
      const wanted: string[] = [];
      const taken = new Set<string>();
      for (const round of toNumbers(ROUNDS)) {
        for (const _one of toNumbers(TESTS)) {
          wanted.push((await call('POST', `${WEBHOOKS}/${id}/test`)).event_id);
        }
        await delay((round * 97) % (2 * ANSWER_MS));
        await fleet.kill([...ROLES.keys()]);
        await passTime();
        await start();
      }
      const isOver = async () => {
        const { data } = await call(
          'GET',
          `${WEBHOOKS}/${id}/deliveries?status=delivered&limit=100`,
        );
        for (const { event_id } of data) taken.add(event_id as string);
        return taken.size;
      };
      await expect.poll(isOver, WAIT).toBe(wanted.length);
      expect([...new Set(listIds('/killed'))].toSorted()).toEqual(wanted.toSorted());
      expect([...taken].toSorted()).toEqual(wanted.toSorted());
    },
  );
});
