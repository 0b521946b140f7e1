// Proves that only a success that says what was asked counts as a yes, whatever else a backend may send.
import { describe, expect, it } from 'vitest';
import { assertTaken, readCredits, readVerdict } from './backend-answer.js';

const USER = 'shopper-7';

function answer(status: number, body: unknown = {}) {
  return { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

describe('readVerdict', () => {
  it.each([{}, { valid: true }, { user_id: USER, is_valid: true, plan: 'gold' }])(
    'takes a success for a yes: %j',
    (body) => {
      expect(readVerdict(answer(200, body), USER)).toBe(true);
    },
  );

  it.each([400, 401, 403, 404, 422])('takes a status %i for a no', (status) => {
    expect(readVerdict(answer(status, { valid: true }), USER)).toBe(false);
  });

  it.each([{ valid: false }, { authenticated: 'true' }, { success: 1 }, { verified: null }])(
    'takes a success that contradicts itself for a no: %j',
    (body) => {
      expect(readVerdict(answer(200, body), USER)).toBe(false);
    },
  );

  it.each([500, 502, 503])('takes a status %i for a fault', (status) => {
    expect(() => readVerdict(answer(status), USER)).toThrow('server_error');
  });

  it.each([301, 302, 405, 408, 429])('takes a status %i for neither', (status) => {
    expect(() => readVerdict(answer(status), USER)).toThrow(`status ${status}`);
  });

  it.each(['', 'OK', 'true', 'null', '[]', '{"valid":tr'])(
    'believes no success that is not an object: %j',
    (body) => {
      expect(() => readVerdict(answer(200, body), USER)).toThrow('malformed');
    },
  );

  it.each(['somebody-else', 'Shopper-7', 7, null])('believes no success about %j', (id) => {
    expect(() => readVerdict(answer(200, { user_id: id }), USER)).toThrow('somebody else');
  });

  it('knows a user id that the backend writes as a number', () => {
    expect(readVerdict(answer(200, { user_id: 42 }), '42')).toBe(true);
  });
});

describe('readCredits', () => {
  it('reads whole credits, also from decimals written as text', () => {
    const body = { has_credits: true, available_credits: '12.50' };
    expect(readCredits(answer(200, body), USER)).toEqual({ hasCredits: true, available: 12 });
  });

  it.each([
    {},
    { has_credits: 'yes', available_credits: 3 },
    { has_credits: true },
    { has_credits: true, available_credits: -1 },
    { has_credits: true, available_credits: '1e9' },
    { has_credits: true, available_credits: [5] },
  ])('believes no other shape: %j', (body) => {
    expect(() => readCredits(answer(200, body), USER)).toThrow('malformed');
  });

  it('believes no credits of somebody else', () => {
    const body = { has_credits: true, available_credits: 5, user_id: 'somebody-else' };
    expect(() => readCredits(answer(200, body), USER)).toThrow('somebody else');
  });

  it('tells a user the backend does not know from one without credits', () => {
    expect(readCredits(answer(401), USER)).toBeNull();
    const none = { has_credits: false, available_credits: 0 };
    expect(readCredits(answer(200, none), USER)).toEqual({ hasCredits: false, available: 0 });
  });
});

describe('assertTaken', () => {
  it('is content with a success and with a report that was taken before', () => {
    for (const status of [200, 201, 204, 409]) {
      expect(() => assertTaken({ status, body: '' })).not.toThrow();
    }
  });

  it.each([302, 400, 401, 404, 500])('is not with a status %i', (status) => {
    expect(() => assertTaken({ status, body: '' })).toThrow('account backend');
  });
});
