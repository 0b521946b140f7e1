/**
 * Proves that a revoked key dies in every process within a second and stays dead, under calls without a pause: with
 * Redis, and with a Redis that is away, for its news only hastens what the database says.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../setup/fleet.js';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../../setup/installation.js';
import { createTcpGate, type TcpGate } from '../../setup/tcp-gate.js';
import { readWallet, send } from '../service-client.js';

const CALLS_PER_S = 50;
const WITHIN_MS = 1_000;
const BEFORE_MS = 1_000;
const AFTER_MS = 4_000;
const TEST_TIMEOUT_MS = 120_000;
const LOGIN = { email: 'operator@atelier.local', password: ADMIN_PASSWORD };

interface Reply {
  askedAtMs: number;
  status: number;
}

describe('two processes', () => {
  let installation: Installation;
  let fleet: Fleet;
  let gate: TcpGate;

  afterEach(async () => {
    await fleet.stop();
    await gate.shut().catch(() => undefined);
    await installation.drop();
  });

  async function start(): Promise<void> {
    installation = await createInstallation('large', { LOGIN_RPM: '100000' });
    const url = new URL(String(installation.settings.REDIS_URL));
    gate = await createTcpGate({ host: url.hostname, port: Number(url.port || 6379) });
    url.host = `127.0.0.1:${gate.port}`;
    fleet = new Fleet(installation, { REDIS_URL: url.href });
    await fleet.start(['all', 'all']);
  }

  /** Asks in turn, at an even pace, until told to stop. */
  async function callSteadily(
    addresses: readonly string[],
    authorization: string,
    isOver: () => boolean,
  ): Promise<Reply[]> {
    const replies: Promise<Reply>[] = [];
    for (let turn = 0; !isOver(); turn += 1) {
      const address = addresses[turn % addresses.length] ?? '';
      const askedAtMs = performance.now();
      replies.push(
        send(address, 'GET', '/api/v1/auth/me', undefined, { authorization }).then(
          ({ status }) => ({ askedAtMs, status }),
        ),
      );
      await delay(1_000 / CALLS_PER_S);
    }
    return Promise.all(replies);
  }

  it.each(['with Redis', 'with Redis away'])(
    'serve a revoked key for less than a second and never again, %s',
    async (how) => {
      await start();
      const addresses = fleet.addresses();
      const [here = '', there = ''] = addresses;
      const session = await send(here, 'POST', '/api/v1/auth/login', LOGIN);
      const operator = { authorization: `Bearer ${session.body.access_token}` };
      const wallets = await readWallet(here);
      const { search_space_id: spaceId } = wallets as unknown as { search_space_id: string };
      const key = await send(
        there,
        'POST',
        '/api/v1/api-keys',
        { name: 'to be revoked', search_space_id: spaceId },
        operator,
      );
      expect(key.status).toBe(201);
      if (how === 'with Redis away') await gate.shut();
      let endsAtMs = Number.POSITIVE_INFINITY;
      const calls = callSteadily(
        addresses,
        `Bearer ${key.body.key}`,
        () => performance.now() > endsAtMs,
      );
      await delay(BEFORE_MS);
      const revoked = await fetch(`${here}/api/v1/api-keys/${key.body.id}`, {
        method: 'DELETE',
        headers: operator,
      });
      expect(revoked.status).toBe(204);
      const revokedAtMs = performance.now();
      endsAtMs = revokedAtMs + AFTER_MS;
      const replies = await calls;
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 401]));
      const lastServed = replies.findLast(({ status }) => status === 200);
      expect((lastServed?.askedAtMs ?? 0) - revokedAtMs).toBeLessThan(WITHIN_MS);
      const late = replies.filter(({ askedAtMs }) => askedAtMs > revokedAtMs + WITHIN_MS);
      expect(late.length).toBeGreaterThan(CALLS_PER_S);
    },
    TEST_TIMEOUT_MS,
  );
});
