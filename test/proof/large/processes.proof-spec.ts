/** Proves who may share a database: one process alone, or several that have a Redis between them. */
import { afterEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../setup/fleet.js';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { ServiceProcess } from '../../setup/service-process.js';
import { generate, GENERATIONS, readWallet, send } from '../service-client.js';

const PICTURE = { prompt: 'a fox', size: '32x32' };
const ENDED_TIMEOUT_MS = 20_000;
const TEST_TIMEOUT_MS = 60_000;

describe('the large set', () => {
  let installation: Installation;
  let fleet: Fleet;

  afterEach(async () => {
    await fleet.stop();
    await installation.drop();
  });

  it(
    'without REDIS_URL serves with one process; a second refuses and names the setting',
    async () => {
      installation = await createInstallation('large', { REDIS_URL: undefined });
      fleet = new Fleet(installation);
      await fleet.start(['all']);
      const [first] = fleet.services;
      const second = ServiceProcess.launch(installation.settings);
      expect(await second.exit).toEqual({ code: 1, signal: null });
      expect(second.output).toContain('set REDIS_URL in every process');
      expect(second.output).toContain(`(${first?.pid} on `);
      expect((await generate(first?.baseUrl ?? '', PICTURE)).status).toBe(201);
      await fleet.kill([0]);
      const [next] = fleet.relaunch();
      await next?.becomeReady();
      expect((await generate(next?.baseUrl ?? '', PICTURE)).status).toBe(201);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows through the api process what the worker made',
    async () => {
      installation = await createInstallation('large');
      fleet = new Fleet(installation);
      await fleet.start(['api', 'worker']);
      const [api = ''] = fleet.addresses();
      const promised = await generate(api, { ...PICTURE, n: 2 }, 'respond-async');
      expect(promised.status).toBe(202);
      const read = () => send(api, 'GET', `${GENERATIONS}/${promised.body.id}`);
      await expect
        .poll(async () => (await read()).body.status, { timeout: ENDED_TIMEOUT_MS })
        .toBe('succeeded');
      const { body } = await read();
      expect(body.images).toHaveLength(2);
      for (const { url, bytes } of body.images) {
        const shown = await fetch(url);
        expect(shown.status).toBe(200);
        expect((await shown.arrayBuffer()).byteLength).toBe(bytes);
      }
      expect((await generate(api, PICTURE)).status).toBe(201);
      const worker = fleet.services[1]?.baseUrl ?? '';
      expect((await send(worker, 'GET', GENERATIONS)).status).toBe(404);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'starts in several processes at once on an empty database, once in all',
    async () => {
      installation = await createInstallation('large', {}, { isMigrated: false });
      fleet = new Fleet(installation);
      await fleet.start(['all', 'all', 'api']);
      const first = await readWallet(fleet.addresses()[0] ?? '');
      for (const address of fleet.addresses()) expect(await readWallet(address)).toEqual(first);
      const [row] = await installation.inspect((query) =>
        query<object>(`SELECT (SELECT count(*)::int FROM users) AS users,
          (SELECT count(*)::int FROM search_spaces) AS spaces,
          (SELECT count(*)::int FROM ledger_transactions WHERE kind = 'grant') AS grants`),
      );
      expect(row).toEqual({ users: 1, spaces: 1, grants: 1 });
    },
    TEST_TIMEOUT_MS,
  );
});
