// Proves that who mends a wrong key, or an address, waits for no cooldown: the next call is made, and made well.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../setup/expect-error.js';
import { must, operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';

const CONNECTIONS = '/api/v1/connections';
const RIGHT_KEY = 'own-credential-of-a-team-ABCD';
const WRONG_KEY = 'own-credential-of-a-team-ABCE';
const NAME = 'own-pictures';
const BODY = { model: NAME, prompt: 'a fox', size: '1024x1024' };

let atelier: VendorApplication;
let own: OpenaiSimulator;

beforeAll(async () => {
  own = await OpenaiSimulator.start({ apiKey: RIGHT_KEY });
  atelier = await startWithVendor({
    COOLDOWN_ALONE_S: '600',
    COOLDOWN_CREDENTIAL_S: '600',
    BREAKER_FAILURES: '1',
    BREAKER_OPEN_S: '600',
    UPSTREAM_REPEATS_MAX: '0',
  });
});
afterAll(async () => {
  await atelier.stop();
  await own.stop();
});
beforeEach(() => own.reset());

const operate = (status: number, method: string, path: string, body?: object) =>
  must(atelier, status, method, path, body, operatorOf(atelier));

/** One by whose name alone it is called. */
async function connect(more: object): Promise<string> {
  const draft = { provider: 'openai', name: 'Own', base_url: own.baseUrl, api_key: RIGHT_KEY };
  const { id } = await operate(201, 'POST', CONNECTIONS, { ...draft, ...more });
  const routes = (await operate(200, 'GET', '/api/v1/routes')).data;
  for (const route of routes) await operate(204, 'DELETE', `/api/v1/routes/${route.id}`);
  await operate(201, 'POST', '/api/v1/routes', {
    name: NAME,
    candidates: [{ model: 'gpt-image-1.5', connection_id: id }],
    ...('search_space_id' in more && { search_space_id: more.search_space_id }),
  });
  return `${CONNECTIONS}/${id}`;
}

const make = () => atelier.call('POST', GENERATIONS, BODY);

async function expectLeftOut(): Promise<void> {
  const before = own.callCount;
  expectProblem(await make(), { status: 503, code: 'upstream.unavailable' });
  expect(own.callCount).toBe(before);
}

describe.each(['space', 'global'])('a connection of a %s that cools down', (scope) => {
  const whose = () => ({
    scope,
    ...(scope === 'space' && { search_space_id: atelier.spaceId }),
  });

  it('is called at once with the right key', async () => {
    const path = await connect({ ...whose(), api_key: WRONG_KEY });
    expectProblem(await make(), { status: 502, code: 'provider.unauthorized' });
    await expectLeftOut();
    await operate(200, 'PATCH', path, { name: 'Other', priority: 60 });
    await expectLeftOut();
    await operate(200, 'PATCH', path, { api_key: RIGHT_KEY });
    expect((await make()).status).toBe(201);
    await operate(204, 'DELETE', path);
  });

  it('is called at once at the right address, also when its breaker was open', async () => {
    const path = await connect({ ...whose(), base_url: 'http://127.0.0.1:1/v1' });
    expectProblem(await make(), { status: 502, code: 'provider.unavailable' });
    await expectLeftOut();
    await operate(200, 'PATCH', path, { base_url: own.baseUrl, api_key: RIGHT_KEY });
    expect((await make()).status).toBe(201);
    await operate(204, 'DELETE', path);
  });
});
