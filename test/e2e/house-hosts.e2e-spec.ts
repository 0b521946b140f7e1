// Proves that a private server which operators open for the house serves the house alone: no tenant's connection, picture
// address or name that leads there reaches it.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostResolver } from '../../src/outbound/host-resolver.port.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';

const CONNECTIONS = '/api/v1/connections';
const PICTURE = { model: 'gpt-image-2', prompt: 'fox', size: '1024x1024', quality: 'low' };
/** Public by its form. */
const NAME = 'pictures.example.com';

let atelier: VendorApplication;
let anna: Person;
let space: string;
let port: string;

beforeAll(async () => {
  atelier = await startWithVendor({ OUTBOUND_ALLOW: '', OUTBOUND_ALLOW_HOUSE: '127.0.0.1' });
  anna = await createPerson(atelier, 'anna');
  space = await createSpace(atelier, anna, 100_000);
  ({ port } = new URL(atelier.simulator.baseUrl));
  const resolver = atelier.app.get(HostResolver);
  const resolve = resolver.resolve.bind(resolver);
  vi.spyOn(resolver, 'resolve').mockImplementation(async (hostname) =>
    hostname === NAME ? ['127.0.0.1'] : resolve(hostname),
  );
});
afterAll(async () => {
  vi.restoreAllMocks();
  await atelier.stop();
});
beforeEach(() => atelier.simulator.reset());

const draft = (more: object = {}) => ({
  scope: 'space',
  search_space_id: space,
  provider: 'openai',
  name: 'Our own account',
  api_key: VENDOR_KEY,
  ...more,
});

describe('a private server of the house', () => {
  it('serves the house, by its settings and by what operators add', async () => {
    expect((await atelier.call('POST', GENERATIONS, PICTURE)).status).toBe(201);
    const { provider, name, api_key } = draft();
    const added = { scope: 'global', provider, name, api_key, base_url: atelier.simulator.baseUrl };
    const operator = operatorOf(atelier);
    const { id } = await must(atelier, 201, 'POST', CONNECTIONS, added, operator);
    const verified = await must(
      atelier,
      200,
      'POST',
      `${CONNECTIONS}/${id}/verify`,
      undefined,
      operator,
    );
    expect(verified.status).toBe('ok');
    await must(atelier, 204, 'DELETE', `${CONNECTIONS}/${id}`, undefined, operator);
  });

  it('is no address of a tenant', async () => {
    const base_url = atelier.simulator.baseUrl;
    const body = { provider: 'openai', api_key: VENDOR_KEY, base_url };
    for (const [path, given] of [
      ['', draft({ base_url })],
      ['', draft({ base_url, scope: 'user', search_space_id: undefined })],
      ['/test-preview', body],
      ['/discover-preview', body],
    ] as const) {
      const { status } = await atelier.call('POST', CONNECTIONS + path, given, anna.session);
      expect(status).toBe(400);
    }
    expect(atelier.simulator.callCount).toBe(0);
  });

  it('is not reached by a name, nor through a connection that the house holds open', async () => {
    const base_url = `https://${NAME}:${port}/v1`;
    const made = await must(atelier, 201, 'POST', CONNECTIONS, draft({ base_url }), anna.session);
    const path = `${CONNECTIONS}/${made.id}/verify`;
    const verified = await must(atelier, 200, 'POST', path, undefined, anna.session);
    expect(verified.status).toBe('unreachable');
    const answer = await atelier.call(
      'POST',
      GENERATIONS,
      { ...PICTURE, search_space_id: space, enable_fallback: false },
      anna.session,
    );
    expect(answer.status).not.toBe(201);
    expect(atelier.simulator.callCount).toBe(0);
  });

  it('gives no picture to a caller who names its address', async () => {
    const url = `http://127.0.0.1:${port}/view?filename=ComfyUI_00001_.png`;
    const edit = { ...PICTURE, operation: 'edit', reference_images: [{ url }] };
    expect((await atelier.call('POST', GENERATIONS, edit)).body).toMatchObject({ status: 400 });
    expect(atelier.simulator.callCount).toBe(0);
  });
});
