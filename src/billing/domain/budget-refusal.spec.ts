/** Proves how the refusal of a budget looks: 402 with what is left, 429 for a key's quota and its windows. */
import { describe, expect, it } from 'vitest';
import { toAdmissionError } from './budget-refusal.js';

const NOW = new Date('2026-04-01T00:00:00.000Z');
const VERDICT = {
  code: 'billing.budget_exceeded',
  budget_id: '019a0000-0000-7000-8000-000000000000',
  budget_name: 'Marketing',
  scope: 'space',
  period: 'month',
  limit_micros: 5_000,
  remaining_micros: 700,
  required_micros: 1_000,
  balance_micros: 9_000,
  resets_at: '2026-05-01T00:00:00+00:00',
  reason: 'limit',
};

function toError(more: object = {}) {
  return toAdmissionError({ ...VERDICT, ...more }, 'image_generation', NOW);
}

describe('a refusal by money', () => {
  it('tells which budget, what is left, what was needed and what to do', () => {
    const error = toError();
    expect(error?.code).toBe('billing.budget_exceeded');
    expect(error?.retryAfterS).toBeUndefined();
    expect(error?.message).toBe(
      'The budget "Marketing" (space, month) has 700 micros left and this costs up to 1000. Wait until ' +
        '2026-05-01T00:00:00.000Z, ask for less, or ask who manages the space, or an operator, to raise it.',
    );
    expect(error?.details).toEqual({
      error_code: 'budget_exceeded',
      usage_type: 'image_generation',
      balance_micros: 9_000,
      remaining_micros: 700,
      required_micros: 1_000,
      message: error?.message,
      budget: {
        id: VERDICT.budget_id,
        name: 'Marketing',
        scope: 'space',
        period: 'month',
        limit_micros: 5_000,
        resets_at: '2026-05-01T00:00:00.000Z',
      },
    });
  });

  it('is a quota for a key without a period', () => {
    const error = toError({ scope: 'key', period: 'total', resets_at: null });
    expect(error?.code).toBe('billing.key_quota_exhausted');
    expect(error?.retryAfterS).toBeUndefined();
    expect(error?.details).not.toHaveProperty('error_code');
  });

  it.each([
    ['2026-04-01T02:00:00+00:00', 7_200],
    ['2026-03-31T23:59:59+00:00', 1],
    ['2027-01-01T00:00:00+00:00', 604_800],
    [null, 1],
  ])('is a wait for a key in a window that resets at %s: %i s', (resets_at, retryAfterS) => {
    const error = toError({ scope: 'key', period: '5h', resets_at });
    expect(error).toMatchObject({ code: 'billing.spend_window_exceeded', retryAfterS });
  });

  it.each([
    ['key', 'month', 'limit'],
    ['key', 'total', 'ended'],
    ['user', '5h', 'limit'],
    ['global', 'day', 'limit'],
  ])('is a 402 for scope %s, period %s, reason %s', (scope, period, reason) => {
    expect(toError({ scope, period, reason })?.code).toBe('billing.budget_exceeded');
  });

  it('advises no wait to who needs more than the budget ever has', () => {
    const facts = 'The budget "Marketing" (space, month) has 700 micros left and this costs up to';
    const keeper = 'who manages the space, or an operator, to raise it.';
    expect(toError({ required_micros: 5_001 })?.message).toBe(
      `${facts} 5001. Even unused it has only 5000. Ask for less, or ask ${keeper}`,
    );
    expect(toError({ required_micros: 5_000 })?.message).toMatch(/5000\. Wait until 2026-05-01/);
    expect(toError({ resets_at: null })?.message).toBe(
      `${facts} 1000. Ask for less, or ask ${keeper}`,
    );
    expect(toError({ resets_at: null, remaining_micros: 0 })?.message).toMatch(/1000\. Ask who /);
  });

  it('says of an ended budget that waiting does not help', () => {
    expect(toError({ reason: 'ended', scope: 'global', resets_at: null })?.message).toMatch(
      /has ended .* Ask an operator to give it a new end/,
    );
  });

  it('is the wallet’s own where the wallet refused, and none of ours for anything else', () => {
    const empty = { code: 'billing.insufficient_balance', required_micros: 1, remaining_micros: 0 };
    expect(toAdmissionError(empty, 'chat', NOW)?.code).toBe('billing.insufficient_balance');
    expect(toAdmissionError({ code: 'idempotency' }, 'chat', NOW)).toBeNull();
  });
});
