// Proves that the remote backend hears once of what its users made, also when it was away; that it is left alone while
// it fails, one probe excepted; that guessing keys is slowed down; and that without the settings none of it exists.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { startApplication } from '../setup/application.js';
import {
  boot,
  type DelegatedApplication,
  SECRET,
  startDelegated,
} from '../setup/delegated-application.js';
import { createTestDatabase } from '../setup/database.js';
import { expectProblem } from '../setup/expect-error.js';
import { databaseKinds } from '../setup/services.js';

const GENERATIONS = '/api/v1/image-generations';
const PICTURE = { model: 'embedded-image', prompt: 'a red coat', size: '64x64' };
const EVENTUALLY = { timeout: 45_000 };
const GUESSES_MAX = 5;
const OPEN_S = 2;

let atelier: DelegatedApplication;

beforeAll(async () => {
  atelier = await startDelegated({
    LOGIN_RPM: String(GUESSES_MAX),
    DELEGATED_BREAKER_FAULTS: '5',
    DELEGATED_BREAKER_OPEN_S: String(OPEN_S),
  });
});
afterAll(() => atelier.stop());
beforeEach(() => {
  atelier.backend.reset();
  atelier.vendor.reset();
});

function make(headers: object, more: object = {}) {
  return atelier.call('POST', GENERATIONS, { ...PICTURE, ...more }, headers);
}

/** The reports of one user that were booked. */
function listBooked(userId: string) {
  return [...atelier.backend.booked.values()].filter((report) => report.user_id === userId);
}

/** The reports of one user that were sent. */
function listSent(userId: string) {
  return atelier.backend.listCalls('webhook').filter((call) => call.body?.user_id === userId);
}

describe('a report of usage', () => {
  it('tells once of a generation: who, how many pictures, which garment, where and how long', async () => {
    const { userId, headers } = atelier.shopper();
    const { body } = await make(headers, { n: 2, metadata: { catalog_id: 'coat-7' } });
    await expect.poll(() => listBooked(userId), EVENTUALLY).toHaveLength(1);
    const [report] = listBooked(userId);
    expect(report).toEqual({
      user_id: userId,
      used_credits: 2,
      catalog_id: 'coat-7',
      image_url: expect.stringContaining(
        `${atelier.baseUrl}${GENERATIONS}/${body.id}/image?token=`,
      ),
      latency_ms: expect.any(Number),
    });
    expect(report!.latency_ms).toBeGreaterThan(0);
    const picture = await fetch(String(report!.image_url));
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(listSent(userId)).toMatchObject([{ isGenuine: true }]);
  });

  it('is sent again under the same id until it is taken, and no request fails for it', async () => {
    const { userId, headers } = atelier.shopper();
    atelier.backend.failNext('webhook', 'status=500');
    atelier.backend.failNext('webhook', 'cut');
    atelier.backend.failNext('webhook', 'status=404');
    expect((await make(headers)).status).toBe(201);
    await expect.poll(() => listBooked(userId), EVENTUALLY).toHaveLength(1);
    const ids = listSent(userId).map((call) => call.headers['x-atelier-event-id']);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
  });

  it('is not made of what brought no picture, nor of what others made', async () => {
    const { userId, headers } = atelier.shopper();
    atelier.vendor.failNext('cut');
    const vendorPicture = { model: 'gpt-image-2', size: '1024x1024', quality: 'low' };
    expect((await make(headers, vendorPicture)).status).toBeGreaterThanOrEqual(500);
    expect((await atelier.call('POST', GENERATIONS, PICTURE)).status).toBe(201);
    // Reported after the two, so that they would have been by then.
    const last = atelier.shopper();
    await make(last.headers);
    await expect.poll(() => listBooked(last.userId), EVENTUALLY).toHaveLength(1);
    expect([listSent(userId), atelier.backend.booked.size]).toEqual([[], 1]);
  });
});

describe('credit', () => {
  it('is spoken for until the report of what it was for is taken', async () => {
    const { userId, headers } = atelier.shopper(1);
    atelier.backend.failNext('webhook', 'status=404', 1_000);
    expect((await make(headers)).status).toBe(201);
    const refused = await make(headers);
    expectProblem(refused, { status: 402, code: 'billing.insufficient_balance' });
    expect(refused.body).toMatchObject({ available_credits: 1, pending_credits: 1 });
    atelier.backend.reset();
    await expect.poll(() => listBooked(userId), EVENTUALLY).toHaveLength(1);
    atelier.backend.accounts.get(userId)!.credits = 1;
    await expect.poll(async () => (await make(headers)).status, EVENTUALLY).toBe(201);
  });
});

describe('an account', () => {
  it('that is disabled here is refused, whatever the backend says', async () => {
    const { headers } = atelier.shopper();
    const { body } = await make(headers);
    const sql = atelier.app.get(Sql);
    await sql.query('test_disable', `UPDATE users SET status = 'disabled' WHERE id = $1`, [
      body.created_by,
    ]);
    await sql.query('test_bump', 'SELECT cache_epoch_bump()', []);
    await expect.poll(async () => (await make(headers)).status, EVENTUALLY).toBe(401);
  });
});

describe('a backend that is down', () => {
  it('is left alone after five faults, and one probe finds it back', async () => {
    const { backend } = atelier;
    const shoppers = Array.from({ length: 8 }, () => atelier.shopper());
    backend.failNext('verify', 'status=500', 5);
    for (const { headers } of shoppers.slice(0, 2)) {
      expectProblem(await make(headers), { status: 503, code: 'service.unavailable' });
    }
    expect(backend.listCalls('verify')).toHaveLength(5);
    const spared = await make(shoppers[2]!.headers);
    expectProblem(spared, { status: 503, code: 'service.unavailable' });
    expect(Number(spared.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(backend.listCalls('verify')).toHaveLength(5);

    await sleep((OPEN_S + 1) * 1_000);
    backend.failNext('verify', 'hang');
    const answers = await Promise.all(shoppers.map(({ headers }) => make(headers)));
    expect(answers.map(({ status }) => status)).toEqual(shoppers.map(() => 503));
    expect(backend.listCalls('verify')).toHaveLength(6);

    const [{ headers }] = shoppers as [(typeof shoppers)[0]];
    await expect.poll(async () => (await make(headers)).status, EVENTUALLY).toBe(201);
    expect(backend.listCalls('verify').length).toBeGreaterThanOrEqual(7);
  });

  it('keeps nobody out when it only takes no reports', async () => {
    const { headers } = atelier.shopper();
    atelier.backend.failNext('webhook', 'status=500', 12);
    for (let count = 0; count < 8; count += 1) expect((await make(headers)).status).toBe(201);
    await expect
      .poll(() => atelier.backend.listCalls('webhook').length, EVENTUALLY)
      .toBeGreaterThanOrEqual(5);
    expect((await make(headers)).status).toBe(201);
  });
});

/** Last: from here on the address of these tests is blocked. */
describe('somebody who guesses', () => {
  it('is stopped before the backend is asked, while who was right before is let in', async () => {
    const { userId, headers } = atelier.shopper();
    expect((await make(headers)).status).toBe(201);
    for (let count = 0; count < GUESSES_MAX; count += 1) {
      const guess = await make({ 'x-user-id': userId, 'x-api-key': `shop_guess_${count}` });
      if (guess.status !== 401) expect(guess.status).toBe(429);
    }
    const asked = atelier.backend.listCalls('verify').length;
    const stopped = await make({ 'x-user-id': userId, 'x-api-key': 'shop_guess' });
    expectProblem(stopped, { status: 429, code: 'auth.login_throttled' });
    expect(atelier.backend.listCalls('verify')).toHaveLength(asked);
    expect((await make(headers)).status).toBe(201);
  });
});

describe('without the settings', () => {
  it('a foreign key is a bad key, with a user beside it or not', async () => {
    const plain = await startApplication();
    try {
      const authorization = 'Bearer shop_key';
      for (const headers of [{ authorization }, { authorization, 'x-user-id': 'shopper' }]) {
        const answer = await plain.call('POST', GENERATIONS, PICTURE, headers);
        expectProblem(answer, { status: 401, code: 'auth.credentials_invalid' });
      }
      const made = await plain.call('POST', GENERATIONS, PICTURE, {
        ...plain.key,
        'x-user-id': 'shopper',
      });
      expect(made.status).toBe(201);
    } finally {
      await plain.stop();
    }
  });
});

describe('settings that cannot work', () => {
  it.each([
    ['a space that does not exist', { OUTBOUND_ALLOW: '10.0.0.7' }, /DELEGATED_SPACE_ID/],
    ['a private address that is not permitted', {}, /DELEGATED_URL .*OUTBOUND_ALLOW/],
  ])('refuse to start: %s', async (_, settings, message) => {
    const [kind = 'embedded'] = databaseKinds();
    const database = await createTestDatabase(kind);
    const start = boot({
      ...database.environment,
      PORT: '0',
      LOG_LEVEL: 'silent',
      DELEGATED_URL: 'http://10.0.0.7',
      DELEGATED_SECRET: SECRET,
      DELEGATED_SPACE_ID: newId(),
      ...settings,
    });
    try {
      await expect(start).rejects.toThrow(message);
    } finally {
      await database.drop();
    }
  });
});
