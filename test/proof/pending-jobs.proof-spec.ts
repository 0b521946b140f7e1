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
import { ComfyuiSimulator } from '../simulators/comfyui.simulator.js';
import { FalSimulator } from '../simulators/fal.simulator.js';
import { LeonardoSimulator } from '../simulators/leonardo.simulator.js';
import { ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { RunwareSimulator } from '../simulators/runware.simulator.js';
import { countTotals, findFaults } from './books.js';
import { ADMIN_EMAIL, generate, GENERATIONS, send } from './service-client.js';

const ROUNDS = proofShare({ whole: 10, least: 1 });
const ROUND_TIMEOUT_MS = 300_000;
const WAIT_TIMEOUT_MS = 60_000;
const PRICE_MICROS = 30_000;
/** Vendors that answer later, with a model of each. */
const MODELS = {
  bfl: 'flux-2-pro',
  replicate: 'black-forest-labs/flux-1.1-pro',
  leonardo: 'leonardo-phoenix-1.0',
  fal: 'fal-ai/flux/dev',
  runware: 'runware:101@1',
  comfyui: 'comfyui/sdxl',
} as const;
type Vendor = keyof typeof MODELS;
const NAMES = Object.keys(MODELS) as Vendor[];
/** Pictures of each generation at each vendor. */
const ASKED = [1, 3, 2] as const;
const PICTURES = ASKED.reduce<number>((sum, n) => sum + n, 0);
/** Jobs that make them, one for each picture or for all of a generation; and one that is refused, where there is a rule. */
const JOBS: Readonly<Record<Vendor, number>> = {
  bfl: PICTURES + 1,
  replicate: PICTURES + 1,
  leonardo: ASKED.length + 1,
  fal: ASKED.length + 1,
  runware: ASKED.length + 1,
  comfyui: ASKED.length,
};
/** Leonardo refuses a prompt at once; what it finds out later it says of the pictures. */
const REFUSALS: Readonly<Partial<Record<Vendor, string>>> = {
  bfl: 'moderation',
  replicate: 'moderation',
  leonardo: 'nsfw',
  fal: 'moderation',
  runware: 'late_moderation',
};
const REFUSING = Object.keys(REFUSALS) as Vendor[];
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
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  let installation: Installation;
  let fleet: Fleet;

  beforeEach(async () => {
    vendors = await startVendors();
    installation = await createInstallation(kind, {
      BFL_API_KEY: 'any',
      BFL_BASE_URL: vendors.bfl.baseUrl,
      REPLICATE_API_KEY: 'any',
      REPLICATE_BASE_URL: vendors.replicate.baseUrl,
      LEONARDO_API_KEY: 'any',
      LEONARDO_BASE_URL: vendors.leonardo.baseUrl,
      FAL_API_KEY: 'any',
      FAL_BASE_URL: vendors.fal.baseUrl,
      RUNWARE_API_KEY: 'any',
      RUNWARE_BASE_URL: vendors.runware.baseUrl,
      COMFYUI_API_KEY: 'any',
      COMFYUI_BASE_URL: vendors.comfyui.baseUrl,
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
      const refused = await Promise.all(REFUSING.map((vendor) => orderRefused(vendor)));
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
      for (const name of NAMES) expect(vendors[name].orders).toHaveLength(JOBS[name]);
      await fleet.stop();
      const faults = await installation.inspect((query) =>
        findFaults(query, installation.mediaDir),
      );
      expect(faults).toEqual([]);
      expect(await installation.inspect(countTotals)).toMatchObject({
        generations: NAMES.length * ASKED.length + REFUSING.length,
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
    const body = { ...toBody(vendor, 1), prompt: `something bad [sim:${REFUSALS[vendor]}]` };
    return (await generate(address(), body, ASYNC)).body.id;
  }

  /** The reference of a job is kept before it is asked after. */
  async function untilAllAreAsked(): Promise<void> {
    const all = NAMES.map((name) => vendors[name]);
    for (const { asked } of all) asked.clear();
    await expect
      .poll(() => all.map(({ asked }) => asked.size), { timeout: WAIT_TIMEOUT_MS })
      .toEqual(NAMES.map((name) => JOBS[name]));
  }

  function countFetched(): number {
    const calls = Object.values(vendors).flatMap((vendor) => vendor.calls);
    return calls.filter(({ path }) => path.startsWith('/delivery/') || path === '/view').length;
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

async function startVendors() {
  const options = { apiKey: 'any', jobMs: PENDING_MS };
  return {
    bfl: await BflSimulator.start(options),
    replicate: await ReplicateSimulator.start(options),
    leonardo: await LeonardoSimulator.start(options),
    fal: await FalSimulator.start(options),
    runware: await RunwareSimulator.start(options),
    comfyui: await ComfyuiSimulator.start(options),
  };
}
