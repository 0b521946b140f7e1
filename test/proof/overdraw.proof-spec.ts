/**
 * Proves that no limit is overrun and that nobody is locked out before it: 1,000 requests at once at 0.10 dollars where
 * 5.00 may be spent, to one, two and four processes; half of them wait for their picture, half are queued. What binds is
 * the wallet and then, in turn, a budget of every scope, while all others leave more.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Fleet } from '../setup/fleet.js';
import { createInstallation, type Installation } from '../setup/installation.js';
import { isWholeProof, proofRounds, proofShare, toNumbers } from '../setup/proof-rounds.js';
import { toColumns } from '../setup/proof-table.reporter.js';
import { installationKind } from '../setup/services.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { findFaults } from './books.js';
import { CAPS, type Cap, Caps } from './caps.js';
import { generate, GENERATIONS, grant, readWallet, type Reply, send } from './service-client.js';

const REQUESTS = 1_000;
/** 3,333 output tokens at 30 micros, and 2 tokens that the prompt counts as, at 5, for hold and charge alike. */
const PICTURE = { prompt: 'a fox', model: 'gpt-image-2', size: '2320x848', quality: 'high' };
const PRICE_MICROS = 100_000;
const LIMIT_MICROS = 5_000_000;
const PAYABLE = LIMIT_MICROS / PRICE_MICROS;
const ROOM_MICROS = LIMIT_MICROS + 3_000_000;
const SOFT_LIMIT_MICROS = 1_000_000;
/** Among the other tests the caps after the first are asked by fewer. */
const CAP_REQUESTS = isWholeProof() ? REQUESTS : 200;
const START_TIMEOUT_MS = 180_000;
const ROUND_TIMEOUT_MS = 120_000;
const ENDED_TIMEOUT_MS = 60_000;

const kind = installationKind();
const FLEETS = kind === 'embedded' ? [1] : isWholeProof() ? [1, 2, 4] : [1, 4];

describe.each(FLEETS)(`more requests than money on the ${kind} set, processes: %i`, (processes) => {
  const isLargest = processes === FLEETS.at(-1);
  let vendor: OpenaiSimulator;
  let installation: Installation;
  let fleet: Fleet;
  let caps: Caps;
  let softId: string;
  let spentMicros = 0;

  beforeAll(async () => {
    vendor = await OpenaiSimulator.start({ delayMs: 200 });
    installation = await createInstallation(kind, {
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: vendor.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      BOOTSTRAP_CREDIT_MICROS: '0',
    });
    fleet = new Fleet(installation);
    await fleet.start(['all']);
    await fleet.join(Array.from({ length: processes - 1 }, () => 'all'));
    caps = await Caps.open(first());
    softId = await caps.make('global', SOFT_LIMIT_MICROS, 'soft');
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await fleet?.stop();
    await vendor?.stop();
    await installation?.drop();
  });

  it.for(proofRounds())(
    'round %i: exactly as many reach the vendor as the budget has room for',
    { timeout: ROUND_TIMEOUT_MS },
    async (round, { task }) => {
      const row = await prove('space', REQUESTS);
      task.meta.proof = { name: '1,000 requests of 0.10 on 5.00', row: { round, ...row } };
    },
  );

  it.for(isLargest ? toNumbers(proofShare({ whole: 5, least: 1 })) : [])(
    'round %i: the same whatever binds',
    { timeout: ROUND_TIMEOUT_MS * (CAPS.length + 1) },
    async (round, { task }) => {
      const rows = [];
      for (const binding of ['wallet', ...CAPS] as const) {
        rows.push(await prove(binding, CAP_REQUESTS));
      }
      const took = Object.fromEntries(
        rows.map(({ binding, took_ms }) => [`${binding}_ms`, took_ms]),
      );
      const row = { set: kind, processes, round, requests: CAP_REQUESTS, ...took };
      task.meta.proof = { name: 'what binds, in turn', row };
    },
  );

  it('makes one of a hundred requests that repeat one key, whichever process they reach', async () => {
    vendor.reset();
    await fillWallet(ROOM_MICROS);
    const key = { 'idempotency-key': newId() };
    const addresses = fleet.addresses();
    const ask = (index: number): Promise<Reply> =>
      send(addresses[index % addresses.length] ?? '', 'POST', GENERATIONS, PICTURE, key);
    const replies = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(index)));
    const made = replies.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    const others = replies.filter(({ status }) => status !== 201);
    expect(others.filter(({ status }) => status !== 409)).toEqual([]);
    expect(vendor.callCount).toBe(1);
    spentMicros += PRICE_MICROS;
    expect(await readWallet(first())).toMatchObject({ held_micros: 0, spent_micros: spentMicros });
  });

  it('counted under the soft budget all that was spent, and denied nothing by it', async () => {
    expect(spentMicros).toBeGreaterThan(SOFT_LIMIT_MICROS);
    expect(await caps.read(softId)).toMatchObject({ spent_micros: spentMicros, held_micros: 0 });
  });

  it('leaves books in which everything adds up', async () => {
    await fleet.stop();
    const faults = await installation.inspect((query) => findFaults(query, installation.mediaDir));
    expect(faults).toEqual([]);
  });

  function first(): string {
    return fleet.addresses()[0] ?? '';
  }

  /** All budgets and the wallet leave more than the one that binds. */
  async function prove(binding: Cap | 'wallet', requests: number) {
    vendor.reset();
    await fillWallet(binding === 'wallet' ? LIMIT_MICROS : ROOM_MICROS);
    const ids = new Map<Cap, string>();
    for (const cap of CAPS) {
      ids.set(cap, await caps.make(cap, cap === binding ? LIMIT_MICROS : ROOM_MICROS));
    }
    const startedAtMs = performance.now();
    const replies = await sendAll(requests);
    const tookMs = Math.round(performance.now() - startedAtMs);
    await expect.poll(countOpen, { timeout: ENDED_TIMEOUT_MS }).toBe(0);
    const refused = replies.filter(({ status }) => status !== 201 && status !== 202);
    expect(new Set(refused.map(toReason))).toEqual(
      new Set([binding === 'wallet' ? 'wallet' : ids.get(binding)]),
    );
    expect(refused).toHaveLength(requests - PAYABLE);
    expect(vendor.callCount).toBe(PAYABLE);
    const attempts = vendor.calls.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(attempts).size).toBe(PAYABLE);
    spentMicros += LIMIT_MICROS;
    expect(await readWallet(first())).toMatchObject({
      available_micros: binding === 'wallet' ? 0 : ROOM_MICROS - LIMIT_MICROS,
      held_micros: 0,
      spent_micros: spentMicros,
    });
    for (const id of ids.values()) {
      expect(await caps.read(id)).toMatchObject({ spent_micros: LIMIT_MICROS, held_micros: 0 });
      await caps.remove(id);
    }
    const statuses = toColumns(countStatuses(replies));
    return { set: kind, processes, binding, ...statuses, vendor_calls: PAYABLE, took_ms: tookMs };
  }

  /** Never more than this was left in it. */
  async function fillWallet(micros: number): Promise<void> {
    const { available_micros: available } = await readWallet(first());
    if (available < micros) await grant(first(), micros - available);
  }

  function sendAll(requests: number): Promise<Reply[]> {
    const addresses = fleet.addresses();
    return Promise.all(
      Array.from({ length: requests }, (_, index) => {
        const address = addresses[index % addresses.length] ?? '';
        return generate(address, PICTURE, index % 8 < 4 ? 'respond-async' : undefined);
      }),
    );
  }

  async function countOpen(): Promise<number> {
    const lists = await Promise.all(
      ['queued', 'running'].map((status) =>
        send(first(), 'GET', `${GENERATIONS}?status=${status}`),
      ),
    );
    return lists.flatMap(({ body }) => body.data).length;
  }
});

function countStatuses(replies: readonly Reply[]): Record<number, number> {
  const statuses: Record<number, number> = {};
  for (const { status } of replies) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

/** Who the answer says denied the request. */
function toReason({ status, body }: Reply): string {
  if (body.code === 'billing.insufficient_balance') return 'wallet';
  return String(body.budget?.id ?? `${status} ${JSON.stringify(body)}`);
}
