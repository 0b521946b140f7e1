// Proves accounts that a remote backend keeps: its word lets users in and no further than making pictures, its credit
// check stands before every hold, and where it does not answer nobody gets in and nothing is spent.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { type DelegatedApplication, startDelegated } from '../setup/delegated-application.js';
import { expectProblem } from '../setup/expect-error.js';
import type { BackendFault } from '../simulators/delegated-backend.simulator.js';

const GENERATIONS = '/api/v1/image-generations';
const PICTURE = { model: 'embedded-image', prompt: 'a red coat', size: '64x64' };
const VENDOR_PICTURE = { model: 'gpt-image-2', prompt: 'fox', size: '1024x1024', quality: 'low' };
const AUTH_INVALID = { status: 401, code: 'auth.credentials_invalid' };
const AWAY = { status: 503, code: 'service.unavailable' };

let atelier: DelegatedApplication;

beforeAll(async () => {
  atelier = await startDelegated({ DELEGATED_BREAKER_FAULTS: '1000', LOGIN_RPM: '100000' });
});
afterAll(() => atelier.stop());
beforeEach(() => {
  atelier.backend.reset();
  atelier.backend.signsReplies = false;
  atelier.vendor.reset();
});

function make(headers: object, more: object = {}) {
  return atelier.call('POST', GENERATIONS, { ...PICTURE, ...more }, headers);
}

async function countGenerations(): Promise<number> {
  const { body } = await atelier.call('GET', `${GENERATIONS}?limit=100`);
  return body.data.length;
}

async function wallet() {
  return (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
}

/** Uses the account until this process knows it by heart: making it has emptied the caches for a moment. */
async function warm(headers: object): Promise<void> {
  await expect
    .poll(
      async () => {
        atelier.backend.reset();
        await atelier.call('GET', '/v1/models', undefined, headers);
        await make(headers, { prompt: ' ' });
        return atelier.backend.listCalls('verify').length;
      },
      { timeout: 30_000 },
    )
    .toBe(0);
}

describe('a user the backend vouches for', () => {
  it('makes pictures in the space of delegated users, which pays', async () => {
    const { userId, headers } = atelier.shopper();
    const before = await wallet();
    const { status, body } = await make(headers);
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', search_space_id: atelier.spaceId });
    expect((await fetch(body.images[0].url)).status).toBe(200);
    expect((await wallet()).available_micros).toBe(before.available_micros - body.cost_micros);
    const [asked] = atelier.backend.listCalls('verify');
    expect(asked).toMatchObject({ method: 'POST', isGenuine: true, body: { user_id: userId } });
    expect(atelier.backend.listCalls('credits')).toMatchObject([
      { method: 'GET', isGenuine: true, path: expect.stringContaining(`user_id=${userId}`) },
    ]);
  });

  it('is asked for once and then known, under X-API-Key as under Bearer', async () => {
    const { userId, headers } = atelier.shopper();
    await warm(headers);
    const apiKey = headers.authorization!.replace('Bearer ', '');
    for (let count = 0; count < 5; count += 1) {
      expect((await make({ 'x-user-id': userId, 'x-api-key': apiKey })).status).toBe(201);
    }
    expect(atelier.backend.listCalls('verify')).toEqual([]);
  });

  it('has one account of its own, however many requests come at once, and no way to log in', async () => {
    const { userId, headers } = atelier.shopper(100);
    const answers = await Promise.all(Array.from({ length: 8 }, () => make(headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    const makers = new Set(answers.map(({ body }) => body.created_by));
    expect(makers.size).toBe(1);
    const audited = await atelier.app.get(Sql).query<{ email: string }>(
      'test_delegated_audit',
      `SELECT a.actor_kind, a.search_space_id, a.target_id, u.email FROM audit_events a
       JOIN users u ON u.id::text = a.target_id
       WHERE a.action = 'delegated_user.created' AND a.after->>'external_id' = $1`,
      [userId],
    );
    const [id] = makers;
    expect(audited).toEqual([
      {
        actor_kind: 'system',
        search_space_id: atelier.spaceId,
        target_id: id,
        email: expect.stringMatching(/@delegated\.invalid$/),
      },
    ]);
    const login = { email: audited[0]!.email, password: 'a password somebody guesses' };
    const refused = await atelier.call('POST', '/api/v1/auth/login', login, {});
    expectProblem(refused, { status: 401, code: 'auth.login_failed' });
  });

  it('is told who they are, as the backend calls them', async () => {
    const { userId, headers } = atelier.shopper();
    const { status, body } = await atelier.call('GET', '/api/v1/auth/me', undefined, headers);
    const space = { search_space_id: atelier.spaceId };
    expect({ status, body }).toMatchObject({ status: 200, body: { name: userId, ...space } });
    expect(body).toMatchObject({ kind: 'api_key', email: null, is_operator: false });
  });

  it('sees nothing that was made in the space, and may not draw on it', async () => {
    const first = atelier.shopper();
    const second = atelier.shopper();
    const { body } = await make(first.headers);
    for (const path of [GENERATIONS, `${GENERATIONS}/${body.id}`, '/api/v1/billing/wallets']) {
      const answer = await atelier.call('GET', path, undefined, second.headers);
      if (answer.status === 200) expect(answer.body.data).toEqual([]);
      else expect([403, 404]).toContain(answer.status);
    }
    const reference_images = [{ media_id: newId() }];
    const drawn = await make(second.headers, { operation: 'edit', reference_images });
    expectProblem(drawn, {
      status: 400,
      code: 'request.invalid',
      field: 'reference_images[0].media_id',
    });
    const elsewhere = await make(second.headers, { search_space_id: newId() });
    expect(elsewhere.status).toBe(404);
  });

  it('makes pictures and nothing else: writes nothing else of the space, and spends none of its money', async () => {
    const { headers } = atelier.shopper();
    const { body } = await make(headers);
    const before = await wallet();
    const own = `${GENERATIONS}/${body.id}`;
    const prompt = 'a lighthouse at dawn';
    const wishes: [method: string, path: string, sent?: object][] = [
      ['POST', '/api/v1/prompts/validate', { prompt, force_optimize: true }],
      ['POST', '/api/v1/prompt-templates', { name: newId(), template: prompt }],
      ['POST', '/api/v1/collections', { name: newId() }],
      ['POST', '/api/v1/media'],
      ['POST', `/api/v1/media/${body.images[0].id}/links/revoke`],
      ['PUT', `${own}/tags`, { tags: ['mine'] }],
      ['POST', `${own}/cancel`],
    ];
    for (const [method, path, sent] of wishes) {
      const answer = await atelier.call(method, path, sent, headers);
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, 'auth.scope_missing']);
    }
    expect(await wallet()).toEqual(before);
    const prompt_template = { id: newId() };
    expectProblem(await make(headers, { prompt: undefined, prompt_template }), {
      status: 400,
      code: 'request.invalid',
      field: 'prompt_template',
    });
    for (const path of ['/quote', '/quick', '/batch']) {
      const requests = path === '/batch' ? { requests: [PICTURE] } : { prompt };
      const answer = await atelier.call('POST', `${GENERATIONS}${path}`, requests, headers);
      expect([path, answer.status]).toEqual([path, path === '/quote' ? 200 : 201]);
    }
  });

  it('answers a repeat of its own Idempotency-Key, never another user’s', async () => {
    const [first, second] = [atelier.shopper(), atelier.shopper()];
    const key = { 'idempotency-key': newId() };
    const { body } = await make({ ...first.headers, ...key });
    const repeat = await make({ ...first.headers, ...key });
    const stranger = await make({ ...second.headers, ...key });
    expect([repeat.body.id, stranger.status]).toEqual([body.id, 201]);
    expect(stranger.body.id).not.toBe(body.id);
  });
});

describe('a user the backend does not vouch for', () => {
  it.each([
    ['wrong', 'a-wrong-key'],
    ['endless', 'x'.repeat(600)],
  ])('is refused like every bad key: a %s one', async (_, key) => {
    const { userId } = atelier.shopper();
    const answer = await make({ 'x-user-id': userId, authorization: `Bearer ${key}` });
    expectProblem(answer, AUTH_INVALID);
  });

  it('is refused although a right key was seen a moment ago', async () => {
    const { userId, headers } = atelier.shopper();
    await warm(headers);
    expectProblem(await make({ 'x-user-id': userId, 'x-api-key': 'shop_other' }), AUTH_INVALID);
    expectProblem(await make({ ...headers, 'x-user-id': 'shopper-else' }), AUTH_INVALID);
  });

  it('is let in by nothing but a success that means it', async () => {
    const faults: BackendFault[] = ['status=400', 'status=401', 'status=403', 'status=404'];
    for (const fault of faults) {
      const { headers } = atelier.shopper();
      atelier.backend.failNext('verify', fault);
      expectProblem(await make(headers), AUTH_INVALID);
    }
  });

  it('is never asked about with a key or a token of ours', async () => {
    const { userId } = atelier.shopper();
    const ours = `atl_abcdefgh_${'x'.repeat(43)}`;
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
    for (const credential of [ours, token]) {
      const answer = await make({ 'x-user-id': userId, authorization: `Bearer ${credential}` });
      expectProblem(answer, AUTH_INVALID);
    }
    expect(atelier.backend.calls).toEqual([]);
  });

  it('is forgotten at once when the credit check does not know them any more', async () => {
    const { userId, headers } = atelier.shopper();
    await warm(headers);
    atelier.backend.accounts.delete(userId);
    expectProblem(await make(headers), AUTH_INVALID);
    expect(atelier.backend.listCalls('verify')).toEqual([]);
    expectProblem(await make(headers), AUTH_INVALID);
    expect(atelier.backend.listCalls('verify')).toHaveLength(1);
  });
});

describe('a backend that fails', () => {
  const FAULTS: BackendFault[] = ['cut', 'cut_body', 'huge', 'html', 'status=500'];
  const ANSWERS: BackendFault[] = ['status=429', 'redirect', 'other_user'];

  it.each([...FAULTS, 'forged' as const])('lets nobody in: %s', async (fault) => {
    const { headers } = atelier.shopper();
    atelier.backend.failNext('verify', fault, 3);
    const answer = await make(headers);
    expectProblem(answer, AWAY);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/);
    expect(atelier.backend.listCalls('verify')).toHaveLength(3);
  });

  it('is asked again, and let in when it comes to itself', async () => {
    const { headers } = atelier.shopper();
    atelier.backend.failNext('verify', 'status=503', 2);
    expect((await make(headers)).status).toBe(201);
  });

  it.each(ANSWERS)('is not asked again after a %s', async (fault) => {
    const { headers } = atelier.shopper();
    atelier.backend.failNext('verify', fault);
    expectProblem(await make(headers), AWAY);
    expect(atelier.backend.listCalls('verify')).toHaveLength(1);
  });

  it.each([...FAULTS, 'other_user' as const])(
    'spends nothing while credit cannot be checked: %s',
    async (fault) => {
      const { headers } = atelier.shopper();
      await warm(headers);
      const [rows, before] = [await countGenerations(), await wallet()];
      atelier.backend.failNext('credits', fault, 3);
      expectProblem(await make(headers, VENDOR_PICTURE), AWAY);
      expect([await countGenerations(), await wallet()]).toEqual([rows, before]);
      expect(atelier.vendor.callCount).toBe(0);
    },
  );

  it('is believed when it signs its replies', async () => {
    atelier.backend.signsReplies = true;
    expect((await make(atelier.shopper().headers)).status).toBe(201);
  });
});

describe('a user without credit', () => {
  it.each([
    ['no credit', 0, 1],
    ['one credit for two pictures', 1, 2],
  ])('with %s gets a 402, no row and no call to a vendor', async (_, credits, n) => {
    const { headers } = atelier.shopper(credits);
    const [rows, before] = [await countGenerations(), await wallet()];
    const answer = await make(headers, { ...VENDOR_PICTURE, n });
    expectProblem(answer, { status: 402, code: 'billing.insufficient_balance' });
    expect(answer.body).toMatchObject({
      error_code: 'premium_quota_exhausted',
      usage_type: 'image_generation',
      balance_micros: 0,
      remaining_micros: 0,
      available_credits: credits,
      message: expect.stringMatching(/credits/),
    });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect([await countGenerations(), await wallet()]).toEqual([rows, before]);
    expect(atelier.vendor.callCount).toBe(0);
  });

  it('spends no credit twice, however many requests come at once', async () => {
    const { userId, headers } = atelier.shopper(3);
    await warm(headers);
    const answers = await Promise.all(Array.from({ length: 10 }, () => make(headers)));
    const made = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 402);
    expect(made.length + refused.length).toBe(10);
    expect(made.length).toBeGreaterThanOrEqual(1);
    const readCredits = () => atelier.backend.accounts.get(userId)!.credits;
    await expect.poll(readCredits, { timeout: 45_000 }).toBe(3 - made.length);
    expect(readCredits()).toBeGreaterThanOrEqual(0);
  });

  it('still gets what was paid for: a repeat with the key, or of an OpenAI client', async () => {
    // One more than is used: while the first is being reported it counts twice.
    const { userId, headers } = atelier.shopper(3);
    const keyed = { ...headers, 'idempotency-key': newId() };
    const { body } = await make(keyed);
    const asked = { ...PICTURE, prompt: 'for an OpenAI client', response_format: 'url' };
    const path = '/v1/images/generations';
    const first = await atelier.call('POST', path, asked, headers);
    expect([body.status, first.status]).toEqual(['succeeded', 200]);
    const rows = await countGenerations();
    atelier.backend.accounts.get(userId)!.credits = 0;
    expect((await make(keyed)).body.id).toBe(body.id);
    const retried = { ...headers, 'x-stainless-retry-count': '1' };
    expect((await atelier.call('POST', path, asked, retried)).status).toBe(200);
    expect((await make({ ...headers, 'idempotency-key': newId() })).status).toBe(402);
    expect(await countGenerations()).toBe(rows);
  });

  it('gets the same on the OpenAI surface', async () => {
    const { headers } = atelier.shopper(0);
    const answer = await atelier.call('POST', '/v1/images/generations', PICTURE, headers);
    expect([answer.status, answer.body.error.type]).toEqual([402, 'insufficient_quota']);
  });

  it('keeps nobody else out', async () => {
    expect((await atelier.call('POST', GENERATIONS, PICTURE)).status).toBe(201);
    expect(atelier.backend.calls).toEqual([]);
  });
});
