/** Proves the wallet's traffic light and the body of a 402. */
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
import { isInsufficientBalance, toInsufficientBalance } from './insufficient-balance.js';
import { toWalletStatus } from './wallet.js';

describe('wallet status', () => {
  it.each([
    [0, 'blocked'],
    [1, 'warning'],
    [499_999, 'warning'],
    [500_000, 'ok'],
  ])('is with %i micros available: %s', (available, status) => {
    expect(toWalletStatus({ availableMicros: toMicros(available) })).toBe(status);
  });
});

it('tells the caller of an empty wallet what there is and what was needed', () => {
  const verdict = {
    code: 'billing.insufficient_balance',
    required_micros: 5_000,
    remaining_micros: 700,
    balance_micros: 1_000,
  };
  expect(isInsufficientBalance(verdict)).toBe(true);
  expect(isInsufficientBalance({ code: 'already' })).toBe(false);
  const error = toInsufficientBalance(verdict, 'image_generation');
  expect(error.code).toBe('billing.insufficient_balance');
  expect(error.retryAfterS).toBeUndefined();
  expect(error.details).toEqual({
    error_code: 'premium_quota_exhausted',
    usage_type: 'image_generation',
    balance_micros: 1_000,
    remaining_micros: 700,
    required_micros: 5_000,
    message: error.message,
  });
});
