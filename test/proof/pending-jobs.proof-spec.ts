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
import { ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { countTotals, findFaults } from './books.js';
import { ADMIN_EMAIL, generate, GENERATIONS, send } from './service-client.js';

const ROUNDS = proofShare({ whole: 10, least: 1 });
const ROUND_TIMEOUT_MS = 180_000;
const WAIT_TIMEOUT_MS = 60_000;
const PRICE_MICROS = 30_000;
/** Vendors that answer later, with a model that makes one picture a job. */
const MODELS = { bfl: 'flux-2-pro', replicate: 'black-forest-labs/flux-1.1-pro' } as const;
type Vendor = keyof typeof MODELS;
const NAMES = Object.keys(MODELS) as Vendor[];
/** Pictures of each generation at each vendor. */
const ASKED = [1, 3, 2] as const;
const PICTURES = ASKED.reduce<number>((sum, n) => sum + n, 0);
/** And one that is refused. */
const JOBS = PICTURES + 1;
const ASYNC = 'respond-async';
const OVERRIDES = '/api/v1/billing/prices/overrides';
/** Longer than any test: jobs end when the test says so. */
const PENDING_MS = 3_600_000;
const ROLES: Readonly<Record<Installation['kind'], readonly FleetRole[]>> = {
  embedded: ['all'],
  large: ['api', 'worker'],
};

const kind = installationKind();

describe(`kill -9 while jobs are pending on the ${kind} set`, () => {
  let vendors: Record<Vendor, BflSimulator | ReplicateSimulator>;
  let installation: Installation;
  let fleet: Fleet;

  beforeEach(async () => {
    const options = { apiKey: 'any', jobMs: PENDING_MS };
    vendors = {
      bfl: await BflSimulator.start(options),
      replicate: await ReplicateSimulator.start(options),
    };
    installation = await createInstallation(kind, {
      BFL_API_KEY: 'any',
      BFL_BASE_URL: vendors.bfl.baseUrl,
      REPLICATE_API_KEY: 'any',
      REPLICATE_BASE_URL: vendors.replicate.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '1000000000',
      LEASE_S: '2',
      RECONCILE_EVERY_S: '1',
    });
    fleet = new Fleet(installation);
  });
  afterEach(async () => {
    await fleet.kill(fleet.services.map((_service, index) => index));
    await Promise.all(Object.values(vendors).map((vendor) => vendor.stop()));
    await installation.drop();
  });

  it.for(toNumbers(ROUNDS))(
    'round %i: each is finished once and paid once',
    { timeout: ROUND_TIMEOUT_MS },
    async () => {
      await fleet.start(ROLES[kind]);
      await setPrices();
      const waiting = NAMES.flatMap((vendor) =>
        ASKED.map((n, at) => order(vendor, n, at % 2 === 0)),
      );
      const refused = await Promise.all(NAMES.map((vendor) => orderRefused(vendor)));
      await untilAllAreAsked();
      await kill();
      await Promise.all(waiting);
      await restart();
      await untilAllAreAsked();
      // Now they end, and the process dies again while it fetches the pictures.
      for (const vendor of Object.values(vendors)) vendor.jobMs = 0;
      await expect.poll(countFetched, { timeout: WAIT_TIMEOUT_MS, interval: 5 }).toBeGreaterThan(0);
      await kill();
      await restart();
      await untilEnded();
      for (const id of refused) {
        expect(await read(id)).toMatchObject({
          status: 'failed',
          error: { code: 'provider.refused' },
          cost_micros: 0,
        });
      }
      for (const { orders } of Object.values(vendors)) expect(orders).toHaveLength(JOBS);
      await fleet.stop();
      const faults = await installation.inspect((query) =>
        findFaults(query, installation.mediaDir),
      );
      expect(faults).toEqual([]);
      expect(await installation.inspect(countTotals)).toMatchObject({
        generations: NAMES.length * (ASKED.length + 1),
        succeeded: NAMES.length * ASKED.length,
        interrupted: 0,
        pictures: NAMES.length * PICTURES,
        charged_micros: NAMES.length * PICTURES * PRICE_MICROS,
      });
    },
  );

  /** Whose process is killed gets no answer; what was ordered goes on. */
  async function order(vendor: Vendor, n: number, isAsync: boolean): Promise<void> {
    await generate(address(), toBody(vendor, n), isAsync ? ASYNC : undefined).catch(() => null);
  }

  /** The vendor takes it, and says only later that it is not allowed. */
  async function orderRefused(vendor: Vendor): Promise<string> {
    const body = { ...toBody(vendor, 1), prompt: 'something bad [sim:moderation]' };
    return (await generate(address(), body, ASYNC)).body.id;
  }

  /** The reference of a job is kept before it is asked after. */
  async function untilAllAreAsked(): Promise<void> {
    const all = Object.values(vendors);
    for (const { asked } of all) asked.clear();
    await expect
      .poll(() => all.map(({ asked }) => asked.size), { timeout: WAIT_TIMEOUT_MS })
      .toEqual(all.map(() => JOBS));
  }

  function countFetched(): number {
    const calls = Object.values(vendors).flatMap((vendor) => vendor.calls);
    return calls.filter(({ path }) => path.startsWith('/delivery/')).length;
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

  async function setPrices(): Promise<void> {
    const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const session = await send(address(), 'POST', '/api/v1/auth/login', login);
    const operator = { authorization: `Bearer ${session.body.access_token}` };
    for (const provider of NAMES) {
      const line = { provider, model: MODELS[provider], unit: 'image', price_micros: PRICE_MICROS };
      const { status } = await send(address(), 'POST', OVERRIDES, line, operator);
      expect(status).toBe(201);
    }
  }
});

function toBody(vendor: Vendor, n: number): object {
  return { model: MODELS[vendor], prompt: 'a fox', n, size: '256x256' };
}
