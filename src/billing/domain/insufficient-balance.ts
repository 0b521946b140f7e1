import { DomainError } from '../../common/domain-error.js';
import type { Refusal } from './settlement.js';

export const INSUFFICIENT_BALANCE = 'billing.insufficient_balance';

export function isInsufficientBalance(verdict: Refusal): boolean {
  return verdict.code === INSUFFICIENT_BALANCE;
}

/** The 402 of a hold that did not fit. `usageType`: what the money was for, `image_generation`. */
export function toInsufficientBalance(verdict: Refusal, usageType: string): DomainError {
  const remaining = Number(verdict.remaining_micros ?? 0);
  const required = Number(verdict.required_micros ?? 0);
  const message =
    `This costs up to ${required} micros and the wallet has ${remaining} left. ` +
    'Ask an operator for a grant, or ask for less.';
  return new DomainError(INSUFFICIENT_BALANCE, message, {
    details: {
      error_code: 'premium_quota_exhausted',
      usage_type: usageType,
      balance_micros: Number(verdict.balance_micros ?? 0),
      remaining_micros: remaining,
      required_micros: required,
      message,
    },
  });
}
