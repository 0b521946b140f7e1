/** Calendar windows that a subscription may limit. */
export const SUBSCRIPTION_WINDOWS = ['day', 'week', 'month'] as const;

export type SubscriptionWindow = (typeof SUBSCRIPTION_WINDOWS)[number];

/** A space that pays a fixed fee elsewhere and may use so much in every window; its wallet is left alone. */
export interface Subscription {
  id: string;
  searchSpaceId: string;
  name: string;
  startsAt: Date;
  expiresAt: Date;
  /** Ended by an operator: the wallet pays again. */
  endedAt: Date | null;
  /** IANA name: when days, weeks and months begin. */
  timeZone: string;
  createdBy: string;
  createdAt: Date;
}

/** What a window allows and how much of it is used. */
export interface SubscriptionLimit {
  budgetId: string;
  window: SubscriptionWindow;
  limitMicros: number;
  usedMicros: number;
  /** When the window begins anew. */
  resetsAt: Date;
}

export type SubscriptionStatus = 'coming' | 'active' | 'expired' | 'ended';

/** Subscriptions that are not ended, of all spaces together: every process keeps them. */
export const SUBSCRIPTIONS_MAX = 10_000;

export function toSubscriptionStatus(one: Subscription, now: Date): SubscriptionStatus {
  if (one.endedAt) return 'ended';
  if (now < one.startsAt) return 'coming';
  return now < one.expiresAt ? 'active' : 'expired';
}
