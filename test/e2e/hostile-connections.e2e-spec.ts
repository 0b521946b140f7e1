// Proves that nobody gets dear pictures at another name's price, and that odd words in connections are refused by name.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const CONNECTIONS = '/api/v1/connections';
const ROUTES = '/api/v1/routes';
const RULES = '/api/v1/billing/price-rules';

let atelier: VendorApplication;
let operator: Record<string, string>;
let anna: Person;
let space: string;

beforeAll(async () => {
  atelier = await startWithVendor();
  operator = operatorOf(atelier);
  anna = await createPerson(atelier, 'anna');
  space = await createSpace(atelier, anna, 10_000);
});
afterAll(() => atelier.stop());
beforeEach(async () => {
  atelier.simulator.reset();
  await atelier.forgive();
});

const call = (method: string, path: string, body?: unknown, session = anna.session) =>
  atelier.call(method, path, body, session);

const create = (more: object = {}) =>
  must(
    atelier,
    201,
    'POST',
    CONNECTIONS,
    {
      scope: 'space',
      search_space_id: space,
      provider: 'openai',
      name: 'Our own account',
      base_url: atelier.simulator.baseUrl,
      api_key: 'own-credential-of-a-team-ABCD',
      ...more,
    },
    anna.session,
  );

describe('a free name', () => {
  it('makes nothing free but what it stands for', async () => {
    const route = { name: 'draft', candidates: [{ model: 'gpt-image-2' }] };
    const { id } = await must(atelier, 201, 'POST', ROUTES, route, operator);
    const rule = { scope: 'route', route: 'draft', multiplier_bp: 0 };
    await must(atelier, 201, 'POST', RULES, rule, operator);
    const make = () =>
      atelier.call('POST', GENERATIONS, { model: 'draft', prompt: 'fox', enable_fallback: true });
    const free = await make();
    expect(free).toMatchObject({ status: 201, body: { model: 'gpt-image-2', cost_micros: 0 } });
    atelier.simulator.failNext('overloaded');
    const other = await make();
    expect(other.status).toBe(201);
    expect(other.body.model).not.toBe('gpt-image-2');
    expect(other.body.cost_micros).toBeGreaterThan(0);
    await must(atelier, 204, 'DELETE', `${ROUTES}/${id}`, undefined, operator);
  });
});

describe('words that the database cannot keep', () => {
  it.each<[string, string, object | undefined, number]>([
    ['POST', '', { name: 'a', kind: 'image', capabilities: { styles: ['a\0'] } }, 400],
    ['POST', '', { name: 'b', kind: 'image', capabilities: { styles: ['\ud800'] } }, 400],
    ['POST', '/enable', { names: ['a\0'] }, 400],
    ['POST', '/a%00/test', undefined, 404],
    ['PATCH', '/a%00', { quality: 3 }, 404],
    ['DELETE', '/a%00', undefined, 404],
  ])('are refused: %s %s %j', async (method, path, body, status) => {
    const { id } = await create();
    const answer = await call(method, `${CONNECTIONS}/${id}/models${path}`, body);
    expect(answer.status).toBe(status);
    await must(atelier, 204, 'DELETE', `${CONNECTIONS}/${id}`, undefined, anna.session);
  });
});
