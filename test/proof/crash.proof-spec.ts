/**
 * Proves that kill -9 loses nothing and pays for nothing twice. Clients ask both vendors for pictures at once and
 * queued, under budgets of every scope; processes are killed at a random moment, some again while they recover; what is
 * left must add up.
 */
import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, type FleetRole } from '../setup/fleet.js';
import {
  API_KEY,
  createInstallation,
  type Installation,
  type Query,
} from '../setup/installation.js';
import { measureSlowdown } from '../setup/machine-load.js';
import { proofShare, toNumbers } from '../setup/proof-rounds.js';
import type { ProofRow } from '../setup/proof-table.reporter.js';
import { installationKind } from '../setup/services.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { countTotals, findFaults, OPEN_WORK } from './books.js';
import { CAPS, Caps } from './caps.js';
import { CrashClients, PATH, type Shown } from './crash-clients.js';
import { VendorCalls } from './vendor-calls.js';

const ROUNDS = proofShare({ whole: 30, least: 2 });
const ROUND_TIMEOUT_MS = 120_000;
/** More than the clients will ever spend. */
const ROOM_MICROS = 1_000_000_000_000;
const KILL_AFTER_MS = { least: 500, most: 2_500 };
/** Within a start and the first rounds of recovery. */
const KILL_AGAIN_AFTER_MS = { least: 300, most: 2_500 };
const LEFT_ALONE_MS = 700;
const QUIET_TIMEOUT_MS = 40_000;
const POLL_MS = 100;
const READY_MS_MAX = 5_000;
/** What keeps a machine from its work comes and goes. */
const READY_TRIES_MAX = 3;
const VENDOR_DELAY_MS_MAX = 300;

/** Which processes run in a round, and which of them die. */
interface Plan {
  roles: readonly FleetRole[];
  killed: readonly number[];
}

const PLANS: Readonly<Record<Installation['kind'], readonly [Plan, ...Plan[]]>> = {
  embedded: [{ roles: ['all'], killed: [0] }],
  large: [
    { roles: ['all', 'all'], killed: [0, 1] },
    { roles: ['all', 'all'], killed: [1] },
    { roles: ['api', 'worker'], killed: [1] },
    { roles: ['api', 'worker'], killed: [0] },
    { roles: ['api', 'worker'], killed: [0, 1] },
  ],
};

const kind = installationKind();

describe(`kill -9 during generations on the ${kind} set`, () => {
  let vendor: OpenaiSimulator;
  let installation: Installation;
  let fleet: Fleet;
  let clients: CrashClients;
  const calls = new VendorCalls();
  /** Records whose pictures were fetched in an earlier round. */
  const seen = new Set<string>();

  beforeAll(async () => {
    const slow = {
      get delayMs() {
        return randomInt(VENDOR_DELAY_MS_MAX);
      },
    };
    vendor = await OpenaiSimulator.start(slow);
    installation = await createInstallation(kind, {
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '1000000000000',
      LEASE_S: '2',
      RECONCILE_EVERY_S: '1',
    });
    fleet = new Fleet(installation);
    clients = new CrashClients(() => fleet.addresses());
  });

  afterAll(async () => {
    await fleet?.kill(fleet.services.map((_service, index) => index));
    await vendor?.stop();
    await installation?.drop();
  });

  it.for(toNumbers(ROUNDS))(
    'round %i: nothing is lost, and every picture is paid once',
    { timeout: ROUND_TIMEOUT_MS },
    async (round, { task }) => {
      const plans = PLANS[kind];
      const plan = plans[(round - 1) % plans.length] ?? plans[0];
      await fleet.start(plan.roles);
      if (round === 1) await makeBudgets();
      await clients.start();
      await delay(randomInt(KILL_AFTER_MS.least, KILL_AFTER_MS.most));
      await fleet.kill(plan.killed);
      if (plan.killed.length < plan.roles.length) await delay(LEFT_ALONE_MS);
      await clients.stop();
      if (round % 2 === 0) await killWhileItRecovers();
      const readyMs = await restart();
      expect(readyMs).toBeLessThan(READY_MS_MAX);
      const startedAtMs = performance.now();
      await clients.repeatUnanswered();
      await untilQuiet();
      const quietMs = performance.now() - startedAtMs;
      const shown = await findShownFaults();
      expect(await fleet.stop()).toEqual(plan.roles.map(() => ({ code: 0, signal: null })));
      calls.collect(vendor);
      const faults = await installation.inspect(async (query) => [
        ...(await findFaults(query, installation.mediaDir)),
        ...(await calls.findFaults(query)),
        ...(await findLost(query)),
      ]);
      expect([...clients.faults, ...shown, ...faults]).toEqual([]);
      task.meta.proof = {
        name: 'kill -9',
        row: await describeRound(plan, round, readyMs, quietMs),
      };
    },
  );

  /** One of every scope, and one over all calls that must have counted what the wallet paid. */
  async function makeBudgets(): Promise<void> {
    const caps = await Caps.open(fleet.addresses()[0] ?? '');
    for (const scope of CAPS) await caps.make(scope, ROOM_MICROS);
    await caps.make('global', ROOM_MICROS, 'soft');
  }

  /** How long it takes until all are ready that were killed, were the machine theirs alone. */
  async function restart(): Promise<number> {
    for (let tries = 1; ; tries += 1) {
      const restarted = fleet.relaunch();
      await Promise.all(restarted.map((service) => service.becomeReady()));
      const wallMs = Math.max(...restarted.map((service) => service.readyMs));
      const readyMs = wallMs / measureSlowdown();
      if (readyMs < READY_MS_MAX || tries === READY_TRIES_MAX) return readyMs;
      await Promise.all(restarted.map((service) => service.kill()));
    }
  }

  async function killWhileItRecovers(): Promise<void> {
    fleet.relaunch();
    await delay(randomInt(KILL_AGAIN_AFTER_MS.least, KILL_AGAIN_AFTER_MS.most));
    await fleet.kill(fleet.services.map((_service, index) => index));
  }

  async function untilQuiet(): Promise<void> {
    const startedAtMs = performance.now();
    while ((await countOpen()) > 0) {
      if (performance.now() - startedAtMs > QUIET_TIMEOUT_MS) break;
      await delay(POLL_MS);
    }
  }

  /** The embedded database is seen through the service alone while that runs. */
  async function countOpen(): Promise<number> {
    if (kind === 'large') {
      const [row] = await installation.inspect((query) => query<{ count: string }>(OPEN_WORK));
      return Number(row?.count);
    }
    const lists = await Promise.all(
      ['queued', 'running'].map((status) => read(`${PATH}?status=${status}`)),
    );
    return lists.flatMap((list) => (list as { data: unknown[] }).data).length;
  }

  /** What every client was told is still told, and its pictures are still shown. */
  async function findShownFaults(): Promise<string[]> {
    const faults: string[] = [];
    for (const { id } of clients.acknowledged.values()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const record = (await read(`${PATH}/${id}`)) as Shown;
      if (record.id !== id) faults.push(`generation ${id} is not shown any more`);
      for (const { url, sha256 } of record.images ?? []) {
        const bytes = await (await fetch(url)).arrayBuffer();
        const found = createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
        if (found !== sha256) faults.push(`a picture of ${id} is not shown`);
      }
    }
    return faults;
  }

  async function read(path: string): Promise<unknown> {
    const [address] = fleet.addresses();
    const answer = await fetch(`${address}${path}`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    return answer.json();
  }

  async function findLost(query: Query): Promise<string[]> {
    const rows = await query<{ id: string; status: string; cost_micros: string; prints: string }>(`
      SELECT g.id, g.status, g.cost_micros, (SELECT string_agg(m.sha256, ' ' ORDER BY m.index)
        FROM media_assets m WHERE m.generation_id = g.id AND m.role = 'output') AS prints
      FROM generations g`);
    const known = new Map(rows.map((row) => [row.id, row]));
    return [...clients.acknowledged.values()].flatMap((told) => {
      const row = known.get(told.id);
      if (!row) return [`generation ${told.id} was acknowledged (${told.status}) and is lost`];
      if (['queued', 'running'].includes(told.status)) return [];
      const prints = told.images.map(({ sha256 }) => sha256).join(' ');
      const isSame =
        row.status === told.status &&
        Number(row.cost_micros) === told.cost_micros &&
        (row.prints ?? '') === prints;
      return isSame ? [] : [`generation ${told.id} is not what its client was told`];
    });
  }

  async function describeRound(
    plan: Plan,
    round: number,
    readyMs: number,
    quietMs: number,
  ): Promise<ProofRow> {
    const totals = await installation.inspect(countTotals);
    return {
      set: kind,
      round,
      processes: plan.roles.join('+'),
      killed: plan.killed.map((index) => index + 1).join('+'),
      sent: clients.sentCount,
      acknowledged: clients.acknowledged.size,
      ...totals,
      vendor_calls: calls.count,
      ready_ms: Math.round(readyMs),
      quiet_after_ms: Math.round(quietMs),
    };
  }
});
