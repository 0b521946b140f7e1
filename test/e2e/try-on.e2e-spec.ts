// Proves that a try-on says who wears what and by what right a person is shown; that the reason is recorded with it,
// never changed, and takes everything away when it is withdrawn; that no address of the façade leads to a private place;
// that nothing of its bodies is logged; and that one user's try-ons are counted over all processes.
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { API_KEY, request, startApplication, type TestApplication } from '../setup/application.js';
import { type CapturedLog, captureLog } from '../setup/captured-log.js';
import { boot } from '../setup/delegated-application.js';
import { createPerson, must, operatorOf, type Person } from '../setup/people.js';
import { databaseKinds } from '../setup/services.js';
import { expectProblem } from '../setup/expect-error.js';

const GENERATIONS = '/api/v1/image-generations';
const CONSENTS = '/api/v1/try-on/consents';
const FACADE = '/api/v1/create-image';
const CONSENT = { subject: 'third_party', basis: 'model_release', reference: 'release-7' };
const RPM = 6;

let atelier: TestApplication;
/** A second process on the same services; the embedded set has but one. */
let other: { app: NestFastifyApplication; baseUrl: string } | null = null;
let log: CapturedLog;
let operator: Record<string, string>;
let stranger: Person;
let canary: Server;
let connections = 0;
let garment: string;

const paint = async (background: string) => {
  const plain = sharp({ create: { width: 64, height: 64, channels: 3, background } });
  return (await plain.png().toBuffer()).toString('base64');
};

beforeAll(async () => {
  log = captureLog();
  // The vendor is there and is never called.
  const settings = { TRY_ON_RPM: String(RPM), FASHN_API_KEY: 'a credential of nobody' };
  atelier = await startApplication(settings, log.logger);
  if (databaseKinds().includes('postgres')) {
    const { database, queue } = atelier.config;
    other = await boot({
      ...atelier.database.environment,
      ...settings,
      DATABASE_URL: database.url ?? undefined,
      REDIS_URL: queue.redisUrl ?? undefined,
      REDIS_PREFIX: queue.redisPrefix,
      PORT: '0',
    });
  }
  operator = operatorOf(atelier);
  stranger = await createPerson(atelier, 'stranger');
  garment = await paint('#0000ff');
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  canary.listen(0);
  await once(canary, 'listening');
}, 240_000);
afterAll(async () => {
  expect(connections).toBe(0);
  await other?.app.close();
  await atelier.stop();
  canary.close();
  await once(canary, 'close');
});

const toBody = async (more: object = {}) => ({
  operation: 'try_on',
  model: 'embedded-image',
  size: '64x64',
  reference_images: [
    { data: garment, role: 'garment', garment_category: 'upper_body' },
    { data: await paint(`#ff00${newId().slice(-2)}`), role: 'person' },
  ],
  consent: CONSENT,
  ...more,
});
const make = async (more: object = {}) => atelier.call('POST', GENERATIONS, await toBody(more));
const listConsents = async () =>
  (
    await must(
      atelier,
      200,
      'GET',
      `${CONSENTS}?search_space_id=${atelier.spaceId}&limit=100`,
      undefined,
      operator,
    )
  ).data;
const findConsent = async (generationId: string) =>
  (await listConsents()).find(
    (one: { generation_id: string }) => one.generation_id === generationId,
  );

describe('a try-on', () => {
  it('needs no prompt, and dresses the person by the roles, whatever their order', async () => {
    const { status, body } = await make();
    expect([status, body.operation]).toEqual([201, 'try_on']);
    expect(body.prompt).toContain('three-quarter angle');
    const picture = Buffer.from(await (await fetch(body.images[0].url)).arrayBuffer());
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
    const middle = (32 * info.width + 32) * info.channels;
    expect([data[middle], data[middle + 2]]).toEqual([0, 255]);
    expect(data[info.channels * (info.width + 1)]).toBeGreaterThan(200);
  });

  it.each<[string, object, string]>([
    [
      'two persons',
      {
        reference_images: [
          { data: 'AA', role: 'person' },
          { data: 'AA', role: 'person' },
        ],
      },
      'reference_images',
    ],
    [
      'no person',
      {
        reference_images: [
          { data: 'AA', role: 'garment' },
          { data: 'AA', role: 'garment' },
        ],
      },
      'reference_images',
    ],
    [
      'a person that is worn',
      { reference_images: [{ data: 'AA', garment_category: 'dress' }, { data: 'AA' }] },
      'reference_images[0].garment_category',
    ],
    [
      'a role outside of a try-on',
      {
        operation: 'edit',
        prompt: 'x',
        consent: undefined,
        reference_images: [{ data: 'AA', role: 'person' }],
      },
      'reference_images[0].role',
    ],
    [
      'a consent outside of a try-on',
      { operation: 'edit', prompt: 'x', reference_images: [{ data: 'AA' }] },
      'consent',
    ],
    ['a consent that is a list', { consent: [] }, 'consent'],
    ['a consent in a list', { consent: [CONSENT] }, 'consent'],
    ['a basis that is none', { consent: { subject: 'self', basis: 'because' } }, 'consent.basis'],
  ])('is refused for %s', async (_name, more, field) => {
    const { status, body } = await make(more);
    expect([status, body.errors?.[0]?.field]).toEqual([400, field]);
  });

  it('is refused by a model that does not dress people so', async () => {
    const body = await toBody({ model: 'tryon-v1.6', size: undefined });
    body.reference_images[0] = { data: garment, role: 'garment', garment_category: 'accessory' };
    for (const path of [GENERATIONS, `${GENERATIONS}/quote`]) {
      const { status, body: refusal } = await atelier.call('POST', path, body);
      expect([status, refusal.code]).toEqual([400, 'routing.capability_missing']);
      expect(refusal.detail).toContain('accessory is not what this model dresses people in');
    }
  });
});

describe('a consent', () => {
  it('is needed, before anything is read', async () => {
    const answer = await make({ consent: undefined });
    expectProblem(answer, { status: 403, code: 'try_on.consent_required', field: 'consent' });
    expect(answer.body.detail).toContain('consent');
    const declaration = { declares: true, text_version: 'terms' };
    const path = `/api/v1/search-spaces/${atelier.spaceId}/try-on-consent`;
    await must(atelier, 200, 'PUT', path, declaration, operator);
    // What a space declares is for those who cannot say it themselves.
    expect((await make({ consent: undefined })).status).toBe(403);
    await must(atelier, 200, 'PUT', path, { declares: false }, operator);
    expect(await must(atelier, 200, 'GET', path, undefined, operator)).toMatchObject({
      declares: false,
    });
  });

  it('is recorded with its try-on, and nobody changes it', async () => {
    const { body } = await make({ consent: { ...CONSENT, obtained_at: '2026-11-02T09:30:00Z' } });
    const consent = await findConsent(body.id);
    expect(consent).toMatchObject({
      ...CONSENT,
      obtained_at: '2026-11-02T09:30:00.000Z',
      search_space_id: atelier.spaceId,
      given_by: body.created_by,
      api_key_id: expect.any(String),
      person_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      withdrawn_at: null,
    });
    const database = atelier.app.get(ManagedDataSource);
    const change = database.query("UPDATE try_on_consents SET basis = 'contract' WHERE id = $1", [
      consent.id,
    ]);
    await expect(change).rejects.toThrow(/withdrawn once, and not changed/);
  });

  it('takes the pictures away when it is withdrawn, and stays as a record', async () => {
    const { body } = await make();
    const consent = await findConsent(body.id);
    const listFiles = () =>
      readdirSync(atelier.config.media.dir, { recursive: true })
        .map(String)
        .filter((name) => name.includes(consent.person_sha256));
    expect(listFiles().length).toBeGreaterThan(0);
    const withdraw = (headers: object) =>
      atelier.call('POST', `${CONSENTS}/${consent.id}/withdraw`, undefined, headers);
    expect((await withdraw(stranger.session)).status).toBe(404);
    expect((await withdraw(atelier.key)).status).toBe(403);
    const withdrawn = await withdraw(operator);
    expect(withdrawn).toMatchObject({
      status: 200,
      body: { id: consent.id, withdrawn_at: expect.any(String) },
    });
    expect((await fetch(body.images[0].url)).status).toBe(404);
    expect((await atelier.call('GET', `${GENERATIONS}/${body.id}`)).status).toBe(404);
    await expect.poll(listFiles, { timeout: 30_000 }).toEqual([]);
    const again = await withdraw(operator);
    expect(again).toMatchObject({
      status: 200,
      body: { withdrawn_at: withdrawn.body.withdrawn_at },
    });
    const trail = await must(
      atelier,
      200,
      'GET',
      '/api/v1/audit-events?limit=100',
      undefined,
      operator,
    );
    const told = trail.data.filter(
      (event: { action: string; target_id?: string }) =>
        event.action === 'try_on_consent.withdrawn',
    );
    expect(told).toHaveLength(1);
  });

  it('goes with a try-on that was deleted before', async () => {
    const { body } = await make();
    const consent = await findConsent(body.id);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${body.id}`, undefined, operator);
    expect(await findConsent(body.id)).toMatchObject({ withdrawn_at: null });
    const path = `${CONSENTS}/${consent.id}/withdraw`;
    expect(
      (await must(atelier, 200, 'POST', path, undefined, operator)).withdrawn_at,
    ).not.toBeNull();
  });
});

describe('the façade', () => {
  const ask = (body: object, baseUrl = atelier.baseUrl) =>
    request(`${baseUrl}${FACADE}`, 'POST', {
      user_id: newId(),
      api_key: API_KEY,
      catalog_id: 'coat-7',
      consent: CONSENT,
      user_image_url: 'https://192.0.2.1/a.png',
      catalog_image_url: 'https://192.0.2.1/b.png',
      ...body,
    });

  it.each([
    'http://127.0.0.1:PORT/a.png',
    'http://2130706433:PORT/a.png',
    'http://0x7f.1:PORT/a.png',
    'http://[::1]:PORT/a.png',
    'http://[::ffff:127.0.0.1]:PORT/a.png',
    'http://localhost:PORT/a.png',
    'http://10.0.0.1/a.png',
    'http://169.254.169.254/latest/meta-data',
    'http://someone:secret@example.com/a.png',
    'file:///etc/passwd',
    '/etc/passwd',
  ])('does not fetch %s', async (form) => {
    const { port } = canary.address() as AddressInfo;
    const url = form.replace('PORT', String(port));
    for (const field of ['user_image_url', 'catalog_image_url']) {
      const good = { user_image_url: url, catalog_image_url: url };
      const { status, body } = await ask(good);
      expect([field, status, Object.keys(body)]).toEqual([field, 400, ['detail']]);
    }
  });

  it('counts the try-ons of one user of one caller, over all processes', async () => {
    const user_id = `busy-${newId()}`;
    const bases = [atelier.baseUrl, other?.baseUrl ?? atelier.baseUrl];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        ask({ user_id, user_image_url: undefined }, bases[at % 2]),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(RPM);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20 - RPM);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask({ user_image_url: undefined })).status).toBe(400);
  });

  it('logs who asked and what came of it, and nothing of the body', async () => {
    const url = `http://127.0.0.1:1/${newId()}-secret.png`;
    const user_id = `private-${newId()}`;
    await ask({ user_id, user_image_url: url, catalog_id: 'secret-catalogue-entry' });
    await expect.poll(() => log.text(), { timeout: 30_000 }).toContain(FACADE);
    for (const secret of [API_KEY, url, user_id, 'secret-catalogue-entry', 'release-7']) {
      expect(log.text()).not.toContain(secret);
    }
  });
});
