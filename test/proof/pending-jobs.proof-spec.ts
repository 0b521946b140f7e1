/**
 * Proves that kill -9 while jobs are pending at a vendor that answers later loses none of them and pays for none twice:
 * the next process asks on after what the killed one had ordered, and orders nothing again; nor does the one after it when
 * that is killed while it fetches the pictures.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, type FleetRole } from '../setup/fleet.js';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../setup/installation.js';
import { proofShare, toNumbers } from '../setup/proof-rounds.js';
import { installationKind } from '../setup/services.js';
import { BflSimulator } from '../simulators/bfl.simulator.js';
import { countTotals, findFaults } from './books.js';
import { ADMIN_EMAIL, generate, GENERATIONS, send } from './service-client.js';

const ROUNDS = proofShare({ whole: 10, least: 1 });
const ROUND_TIMEOUT_MS = 180_000;
const WAIT_TIMEOUT_MS = 60_000;
const PRICE_MICROS = 30_000;
const MODEL = 'flux-2-pro';
/** Pictures of each generation. */
const ASKED = [1, 2, 3, 1, 2] as const;
const PICTURES = ASKED.reduce<number>((sum, n) => sum + n, 0);
/** Longer than any test: jobs end when the test says so. */
const PENDING_MS = 3_600_000;
const ROLES: Readonly<Record<Installation['kind'], readonly FleetRole[]>> = {
  embedded: ['all'],
  large: ['api', 'worker'],
};

const kind = installationKind();

describe(`kill -9 while jobs are pending on the ${kind} set`, () => {
  let vendor: BflSimulator;
  let installation: Installation;
  let fleet: Fleet;

  beforeEach(async () => {
    vendor = await BflSimulator.start({ apiKey: 'any', jobMs: PENDING_MS });
    installation = await createInstallation(kind, {
      BFL_API_KEY: 'any',
      BFL_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '1000000000',
      LEASE_S: '2',
      RECONCILE_EVERY_S: '1',
    });
    fleet = new Fleet(installation);
  });
  afterEach(async () => {
    await fleet.kill(fleet.services.map((_service, index) => index));
    await vendor.stop();
    await installation.drop();
  });

  it.for(toNumbers(ROUNDS))(
    'round %i: each is finished once and paid once',
    { timeout: ROUND_TIMEOUT_MS },
    async () => {
      await fleet.start(ROLES[kind]);
      await setPrice();
      const waiting = ASKED.map((n, at) => order(n, at % 2 === 0));
      const refused = await generate(address(), REFUSED, ASYNC);
      await untilAllAreAsked();
      await kill();
      await Promise.all(waiting);
      await restart();
      await untilAllAreAsked();
      // Now they end, and the process dies again while it fetches the pictures.
      vendor.jobMs = 0;
      await expect.poll(countFetched, { timeout: WAIT_TIMEOUT_MS, interval: 5 }).toBeGreaterThan(0);
      await kill();
      await restart();
      await untilEnded();
      expect(await read(refused.body.id)).toMatchObject({
        status: 'failed',
        error: { code: 'provider.refused' },
        cost_micros: 0,
      });
      expect(vendor.orders).toHaveLength(PICTURES + 1);
      await fleet.stop();
      const faults = await installation.inspect((query) =>
        findFaults(query, installation.mediaDir),
      );
      expect(faults).toEqual([]);
      expect(await installation.inspect(countTotals)).toMatchObject({
        generations: ASKED.length + 1,
        succeeded: ASKED.length,
        interrupted: 0,
        pictures: PICTURES,
        charged_micros: PICTURES * PRICE_MICROS,
      });
    },
  );

  /** Whose process is killed gets no answer; what was ordered goes on. */
  async function order(n: number, isAsync: boolean): Promise<void> {
    await generate(address(), body(n), isAsync ? ASYNC : undefined).catch(() => null);
  }

  /** The reference of a job is kept before it is asked after. */
  async function untilAllAreAsked(): Promise<void> {
    vendor.asked.clear();
    await expect.poll(() => vendor.asked.size, { timeout: WAIT_TIMEOUT_MS }).toBe(PICTURES + 1);
  }

  function countFetched(): number {
    return vendor.calls.filter(({ path }) => path.startsWith('/delivery/')).length;
  }

  async function untilEnded(): Promise<void> {
    const countOpen = async () => {
      const lists = await Promise.all(
        ['queued', 'running'].map((status) =>
          send(address(), 'GET', `${GENERATIONS}?status=${status}`),
        ),
      );
      return lists.flatMap((list) => list.body.data).length;
    };
    await expect.poll(countOpen, { timeout: WAIT_TIMEOUT_MS }).toBe(0);
  }

  function kill(): Promise<void> {
    return fleet.kill(fleet.services.map((_service, index) => index));
  }

  async function restart(): Promise<void> {
    await Promise.all(fleet.relaunch().map((service) => service.becomeReady()));
  }

  function address(): string {
    return fleet.addresses()[0] ?? '';
  }

  async function read(id: string) {
    return (await send(address(), 'GET', `${GENERATIONS}/${id}`)).body;
  }

  async function setPrice(): Promise<void> {
    const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const session = await send(address(), 'POST', '/api/v1/auth/login', login);
    const line = { provider: 'bfl', model: MODEL, unit: 'image', price_micros: PRICE_MICROS };
    const operator = { authorization: `Bearer ${session.body.access_token}` };
    const path = '/api/v1/billing/prices/overrides';
    const { status } = await send(address(), 'POST', path, line, operator);
    expect(status).toBe(201);
  }
});

const ASYNC = 'respond-async';
/** The vendor takes it, and says only later that it is not allowed. */
const REFUSED = { ...body(1), prompt: 'something bad [sim:moderation]' };

function body(n: number): object {
  return { model: MODEL, prompt: 'a fox', n, size: '256x256' };
}
