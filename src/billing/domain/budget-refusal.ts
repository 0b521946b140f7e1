import { DomainError } from '../../common/domain-error.js';
import { type BudgetScope, SPEND_WINDOWS } from './budget.js';
import { isInsufficientBalance, toInsufficientBalance } from './insufficient-balance.js';
import type { Refusal } from './settlement.js';

export const BUDGET_EXCEEDED = 'billing.budget_exceeded';

const MS_PER_S = 1_000;
/** A client that waits longer is told again. */
const RETRY_AFTER_S_MAX = 7 * 86_400;

/** What the verdict of a hold says of the budget that refused it. */
export interface BudgetVerdict {
  budgetId: string;
  name: string;
  scope: BudgetScope;
  period: string;
  /** What was carried into the period included. */
  limitMicros: number;
  remainingMicros: number;
  requiredMicros: number;
  balanceMicros: number;
  /** Null: there will be no more by itself. */
  resetsAt: Date | null;
  reason: 'limit' | 'ended';
}

/**
 * The answer to a hold that money refused, by the wallet or by a budget; null for any other refusal.
 * @param usageType what the money was for: `image_generation`
 * @param now from when a wait is counted
 */
export function toAdmissionError(
  refusal: Refusal,
  usageType: string,
  now: Date,
): DomainError | null {
  if (isInsufficientBalance(refusal)) return toInsufficientBalance(refusal, usageType);
  if (refusal.code !== BUDGET_EXCEEDED) return null;
  return toBudgetError(toBudgetVerdict(refusal), usageType, now);
}

/** The same for a verdict that was worked out ahead. */
export function toBudgetError(verdict: BudgetVerdict, usageType: string, now: Date): DomainError {
  const { scope, period, reason, resetsAt } = verdict;
  const message = toMessage(verdict);
  const details = toDetails(verdict, usageType, message);
  if (scope === 'key' && reason === 'limit') {
    if (period === 'total') {
      return new DomainError('billing.key_quota_exhausted', message, { details });
    }
    if ((SPEND_WINDOWS as readonly string[]).includes(period)) {
      const retryAfterS = toRetryAfterS(resetsAt, now);
      return new DomainError('billing.spend_window_exceeded', message, { details, retryAfterS });
    }
  }
  return new DomainError(BUDGET_EXCEEDED, message, {
    details: { error_code: 'budget_exceeded', ...details },
  });
}

function toBudgetVerdict(refusal: Refusal): BudgetVerdict {
  const resetsAt = refusal.resets_at;
  return {
    budgetId: String(refusal.budget_id),
    name: String(refusal.budget_name),
    scope: refusal.scope as BudgetScope,
    period: String(refusal.period),
    limitMicros: Number(refusal.limit_micros ?? 0),
    remainingMicros: Number(refusal.remaining_micros ?? 0),
    requiredMicros: Number(refusal.required_micros ?? 0),
    balanceMicros: Number(refusal.balance_micros ?? 0),
    resetsAt: typeof resetsAt === 'string' ? new Date(resetsAt) : null,
    reason: refusal.reason === 'ended' ? 'ended' : 'limit',
  };
}

function toDetails(
  verdict: BudgetVerdict,
  usageType: string,
  message: string,
): Readonly<Record<string, unknown>> {
  return {
    usage_type: usageType,
    balance_micros: verdict.balanceMicros,
    remaining_micros: verdict.remainingMicros,
    required_micros: verdict.requiredMicros,
    message,
    budget: {
      id: verdict.budgetId,
      name: verdict.name,
      scope: verdict.scope,
      period: verdict.period,
      limit_micros: verdict.limitMicros,
      resets_at: verdict.resetsAt?.toISOString() ?? null,
    },
  };
}

/** The keepers of a budget, by who may have made it. */
function toKeeper(scope: BudgetScope): string {
  return scope === 'global' || scope === 'user' || scope === 'subscription'
    ? 'an operator'
    : 'who manages the space, or an operator,';
}

function toMessage(verdict: BudgetVerdict): string {
  const { name, scope, period, reason, remainingMicros, requiredMicros } = verdict;
  const cap = `The budget ${JSON.stringify(name)} (${scope}, ${period})`;
  const keeper = toKeeper(scope);
  if (reason === 'ended') {
    return `${cap} has ended and admits nothing more. Ask ${keeper} to give it a new end, or another.`;
  }
  const facts = `${cap} has ${remainingMicros} micros left and this costs up to ${requiredMicros}.`;
  return `${facts} ${toNextStep(verdict)} ${keeper} to raise it.`;
}

/** Waiting helps nobody who needs more than the budget ever has. */
function toNextStep({ limitMicros, remainingMicros, requiredMicros, resetsAt }: BudgetVerdict) {
  const less = remainingMicros > 0 ? 'Ask for less, or ask' : 'Ask';
  if (!resetsAt) return less;
  if (requiredMicros > limitMicros) return `Even unused it has only ${limitMicros}. ${less}`;
  return `Wait until ${resetsAt.toISOString()}, ask for less, or ask`;
}

function toRetryAfterS(resetsAt: Date | null, now: Date): number {
  const waitS = Math.ceil(((resetsAt ?? now).getTime() - now.getTime()) / MS_PER_S);
  return Math.min(RETRY_AFTER_S_MAX, Math.max(1, waitS));
}
