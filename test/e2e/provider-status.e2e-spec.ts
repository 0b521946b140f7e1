// Proves over HTTP how connections fare: seen by operators, by keys with the scope, by a space of its own; and cleared.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import { UpstreamCalls } from '../../src/upstream/upstream-calls.port.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';

const BOOT_MS_MAX = 240_000;
const CONNECTION = 'env:embedded';
const MODEL = 'embedded-image';
const STATUS = '/api/v1/providers/status';
const CLEAR = `/api/v1/connections/${CONNECTION}/clear-cooldown`;

let atelier: TestApplication;

beforeAll(async () => {
  atelier = await startApplication();
}, BOOT_MS_MAX);
afterAll(() => atelier.stop());

/** What a vendor call ended with; null = it succeeded. */
async function call(failure: Error | null): Promise<unknown> {
  const target = {
    connection: {
      id: CONNECTION,
      provider: 'embedded',
      slotsMax: null,
      isPool: false,
      scope: 'global' as const,
    },
    model: MODEL,
    isSticky: false,
  };
  const options = { signal: new AbortController().signal, hasAlternative: true };
  return atelier.app
    .get(UpstreamCalls, { strict: false })
    .run(target, options, () => (failure ? Promise.reject(failure) : Promise.resolve(null)))
    .catch((error: { code: string }) => error.code);
}

async function findConnection() {
  const { data } = await must(atelier, 200, 'GET', STATUS, undefined, operatorOf(atelier));
  const provider = data.find((one: { provider: string }) => one.provider === 'embedded');
  return provider.connections.find((one: { id: string }) => one.id === CONNECTION);
}

describe('how providers fare', () => {
  it('is listed with what each makes', async () => {
    const { data } = await must(atelier, 200, 'GET', '/api/v1/providers', undefined, atelier.key);
    const embedded = data.find(({ id }: { id: string }) => id === 'embedded');
    expect(embedded).toMatchObject({ is_configured: true });
    expect(embedded.kinds).toContain('image');
    const openai = data.find(({ id }: { id: string }) => id === 'openai');
    expect(openai).toMatchObject({ is_configured: false });
  });

  it('shows a connection that cools down, until an operator clears it, which is on record', async () => {
    expect(await findConnection()).toMatchObject({ cooling_until: null, breaker: 'closed' });
    await call(null);
    const options = { provider: 'embedded', model: MODEL, status: 401 };
    expect(await call(new ProviderError('unauthorized', options))).toBe('provider.unauthorized');
    expect(await call(null)).toBe('upstream.unavailable');
    expect(await findConnection()).toMatchObject({
      state: 'down',
      cooling_reason: 'provider.unauthorized',
      cooling_until: expect.any(String),
      last_error: 'unauthorized',
      slots: { max: null, running: 0, waiting: 0 },
      models: [{ model: MODEL, calls: 2, success_rate: 0.5, errors: { unauthorized: 1 } }],
    });
    const cleared = await must(atelier, 200, 'POST', CLEAR, undefined, operatorOf(atelier));
    expect(cleared).toEqual({ id: CONNECTION, cleared: 1 });
    expect(await call(null)).toBeNull();
    const events = '/api/v1/audit-events?action=connection.cooldown_cleared';
    const { data } = await must(atelier, 200, 'GET', events, undefined, operatorOf(atelier));
    expect(data).toMatchObject([{ action: 'connection.cooldown_cleared' }]);
  });

  it('is told of days, and refuses what is no day', async () => {
    const path = '/api/v1/providers/analytics';
    const told = await must(atelier, 200, 'GET', path, undefined, operatorOf(atelier));
    expect(told.is_cut).toBe(false);
    expect(told.data).toMatchObject([{ provider: 'embedded', model: MODEL }]);
    await must(atelier, 400, 'GET', `${path}?from=yesterday`, undefined, operatorOf(atelier));
  });

  it('is seen by the key of an operator that has the scope, and by no other', async () => {
    const headersOf = async (scope: string) => {
      const input = { name: scope, search_space_id: atelier.spaceId, scopes: [scope] };
      const made = await must(atelier, 201, 'POST', '/api/v1/api-keys', input, operatorOf(atelier));
      return { authorization: `Bearer ${made.key}` };
    };
    const watcher = await headersOf('admin.status');
    await must(atelier, 200, 'GET', STATUS, undefined, watcher);
    await must(atelier, 403, 'POST', CLEAR, undefined, watcher);
    await must(atelier, 403, 'GET', STATUS, undefined, await headersOf('images.read'));
  });

  it("shows a space its own connections and none of the house's", async () => {
    const own = `${STATUS}/own?search_space_id=${atelier.spaceId}`;
    expect(await must(atelier, 200, 'GET', own, undefined, operatorOf(atelier))).toEqual({
      data: [],
    });
  });

  it('knows no connection that is not there', async () => {
    const path = '/api/v1/connections/env:nobody/clear-cooldown';
    await must(atelier, 404, 'POST', path, undefined, operatorOf(atelier));
  });

  it('is in the metrics', async () => {
    const { body } = await atelier.call('GET', '/metrics');
    expect(body).toContain(
      `atelier_upstream_calls_total{provider="embedded",model="${MODEL}",outcome="unauthorized"} 1`,
    );
    expect(body).toMatch(/^atelier_caller_slots\{state="running"\} 0$/m);
  });
});
