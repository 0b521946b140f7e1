/** Proves that a key's limit is one over all processes: of a thousand calls at once to four of them exactly the limit pass. */
import { afterEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../setup/fleet.js';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../../setup/installation.js';
import { waitForMinute } from '../../setup/minute.js';
import { send } from '../service-client.js';

const LIMIT = 100;
const CALLS = 1_000;
/** Left of the running minute at least, so that no call falls into the next one on a loaded machine. */
const ROOM_MS = 30_000;
const TEST_TIMEOUT_MS = 180_000;
const ME = '/api/v1/auth/me';

describe('the limit of a key', () => {
  let installation: Installation;
  let fleet: Fleet;

  afterEach(async () => {
    await fleet.stop();
    await installation.drop();
  });

  async function login(address: string): Promise<Record<string, string>> {
    const body = { email: 'operator@atelier.local', password: ADMIN_PASSWORD };
    const { body: tokens } = await send(address, 'POST', '/api/v1/auth/login', body, {});
    return { authorization: `Bearer ${tokens.access_token}` };
  }

  it(
    'is kept exactly by four processes that are asked a thousand times at once',
    async () => {
      installation = await createInstallation('large');
      fleet = new Fleet(installation);
      await fleet.start(['all', 'api', 'api', 'api']);
      const addresses = fleet.addresses();
      expect(addresses).toHaveLength(4);
      const [first = ''] = addresses;
      const session = await login(first);
      const me = await send(first, 'GET', ME);
      const made = await send(
        first,
        'POST',
        '/api/v1/api-keys',
        {
          name: 'A key',
          search_space_id: me.body.search_space_id,
          rate_limit_per_minute: LIMIT,
          rate_limit_per_hour: 100_000,
          rate_limit_per_day: 1_000_000,
        },
        session,
      );
      expect(made.status).toBe(201);
      const key = { authorization: `Bearer ${made.body.key}` };
      await waitForMinute(ROOM_MS);
      const startedAtMs = performance.now();
      const statuses = await Promise.all(
        Array.from({ length: CALLS }, async (_none, index) => {
          const address = addresses[index % addresses.length] ?? '';
          return (await send(address, 'GET', ME, undefined, key)).status;
        }),
      );
      const tookMs = Math.round(performance.now() - startedAtMs);
      console.info(`${CALLS} calls to ${addresses.length} processes in ${tookMs} ms`);
      expect(tookMs).toBeLessThan(ROOM_MS);
      expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
      expect(statuses.filter((status) => status === 429)).toHaveLength(CALLS - LIMIT);
      const usage = await send(
        first,
        'GET',
        `/api/v1/api-keys/${made.body.id}/usage`,
        undefined,
        session,
      );
      // What the minute refused is in no count of the hour and the day.
      expect(usage.body.rate_limits).toMatchObject([
        { window_s: 60, remaining: 0 },
        { window_s: 3_600, remaining: 100_000 - LIMIT },
        { window_s: 86_400, remaining: 1_000_000 - LIMIT },
      ]);
    },
    TEST_TIMEOUT_MS,
  );
});
