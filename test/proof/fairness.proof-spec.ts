/**
 * Proves that a space that floods the queue does not hold up the others: four spaces, one of which has queued most of
 * all jobs before the others ask. What the others wait is bounded by runs that begin meanwhile, not by time, so that it
 * holds on any machine: of each by the bound of docs/queue.md, and until their last has ended the flood has been given
 * no more than twice its fair share and one round.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../setup/installation.js';
import { proofShare } from '../setup/proof-rounds.js';
import { ServiceProcess } from '../setup/service-process.js';
import { installationKind } from '../setup/services.js';
import { findFaults } from './books.js';
import { ADMIN_EMAIL, send } from './service-client.js';
import { ADMIN_PASSWORD } from '../setup/installation.js';

const RUNS_MAX = 8;
const SPACES = 4;
const JOBS = proofShare({ whole: 400, least: 200 });
/** Of each space that keeps to its share. */
const MODEST = JOBS / 20;
const DELAY_MS = 100;
const ENDED_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = 240_000;
const GENERATIONS = '/api/v1/image-generations';

const COUNT = `
  SELECT count(*) FILTER (WHERE status IN ('queued', 'running'))::integer AS open,
         count(*) FILTER (WHERE status = 'succeeded')::integer AS succeeded FROM generations`;
/** What the flood was given from the others' first request to their last end. */
const GIVEN = `
  SELECT count(*)::integer AS given FROM generations g
  JOIN generation_attempts a ON a.generation_id = g.id
  WHERE g.search_space_id = $1 AND a.sent_at BETWEEN
    (SELECT max(created_at) FROM generations WHERE search_space_id <> $1)
    AND (SELECT max(finished_at) FROM generations WHERE search_space_id <> $1)`;
/** Of each job of the others, the k-th of its space: runs that began from the last request until its end. */
const WAITS = `
  SELECT row_number() OVER (PARTITION BY g.search_space_id ORDER BY g.id)::integer AS k,
         (SELECT count(*) FROM generation_attempts a WHERE a.sent_at BETWEEN
           (SELECT max(created_at) FROM generations WHERE search_space_id <> $1)
           AND g.finished_at)::integer AS begun
  FROM generations g WHERE g.search_space_id <> $1`;

const kind = installationKind();

const toBound = (k: number) => (Math.ceil((k * SPACES) / RUNS_MAX) + 2) * RUNS_MAX;

describe(`four spaces on the ${kind} set`, () => {
  let installation: Installation;
  let service: ServiceProcess;
  let session: Record<string, string>;

  beforeEach(async () => {
    installation = await createInstallation(kind, {
      RUNS_MAX: String(RUNS_MAX),
      BOOTSTRAP_CREDIT_MICROS: '1000000000',
    });
    service = await ServiceProcess.start(installation.settings);
    const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const { body } = await send(service.baseUrl, 'POST', '/api/v1/auth/login', login);
    session = { authorization: `Bearer ${body.access_token}` };
  });
  afterEach(async () => {
    await service.kill();
    await installation.drop();
  });

  async function post(path: string, body: object): Promise<{ id: string }> {
    const headers = { ...session, prefer: 'respond-async' };
    const reply = await send(service.baseUrl, 'POST', path, body, headers);
    expect({ path, status: reply.status, body: reply.body }).toMatchObject({
      status: path === GENERATIONS ? 202 : 201,
    });
    return reply.body;
  }

  async function createSpace(name: string): Promise<string> {
    const { id } = await post('/api/v1/search-spaces', { name });
    const path = `/api/v1/billing/wallets?search_space_id=${id}`;
    const wallets = await send(service.baseUrl, 'GET', path, undefined, session);
    const grant = { amount_micros: 1_000_000, reason: 'proof' };
    await post(`/api/v1/billing/wallets/${wallets.body.data[0].id}/grants`, grant);
    return id;
  }

  function queue(space: string, count: number, priority: string): Promise<unknown> {
    const body = {
      search_space_id: space,
      prompt: 'one of many',
      size: '32x32',
      priority,
      provider_options: { delay_ms: DELAY_MS },
    };
    return Promise.all(Array.from({ length: count }, () => post(GENERATIONS, body)));
  }

  async function countOpen(): Promise<number> {
    const statuses = ['queued', 'running'];
    const pages = await Promise.all(
      statuses.map((status) =>
        send(service.baseUrl, 'GET', `${GENERATIONS}?status=${status}&limit=1`, undefined, session),
      ),
    );
    return pages.reduce((sum, { body }) => sum + body.data.length, 0);
  }

  it(
    'get their turn, however much and however urgent one of them has queued',
    { timeout: TEST_TIMEOUT_MS },
    async ({ task }) => {
      const spaces: string[] = [];
      for (let made = 0; made < SPACES; made += 1) spaces.push(await createSpace(`Space ${made}`));
      const [flood = '', ...others] = spaces;
      await queue(flood, JOBS - others.length * MODEST, 'high');
      await Promise.all(others.map((space) => queue(space, MODEST, 'low')));
      await expect.poll(countOpen, { timeout: ENDED_TIMEOUT_MS, interval: 500 }).toBe(0);
      await service.stop();
      const [counts] = await installation.inspect((query) =>
        query<{ open: number; succeeded: number }>(COUNT),
      );
      expect(counts).toEqual({ open: 0, succeeded: JOBS });
      const [row] = await installation.inspect((query) => query<{ given: number }>(GIVEN, [flood]));
      const given = row?.given ?? Number.NaN;
      const waits = await installation.inspect((query) =>
        query<{ k: number; begun: number }>(WAITS, [flood]),
      );
      expect(waits).toHaveLength(others.length * MODEST);
      expect(waits.filter(({ k, begun }) => begun > toBound(k))).toEqual([]);
      task.meta.proof = { name: 'Fairness', row: { jobs: JOBS, modest: MODEST, given } };
      expect(given).toBeLessThanOrEqual(2 * MODEST + RUNS_MAX);
      const faults = await installation.inspect((query) =>
        findFaults(query, installation.mediaDir),
      );
      expect(faults).toEqual([]);
    },
  );
});
