import { DomainError } from '../../common/domain-error.js';
import type { PriceRule } from './price-rule.js';
import { type Subscription, toSubscriptionStatus } from './subscription.js';
import { BASIS_POINTS } from './total-micros.js';

/** How a call is counted: `platform` on the house's credential, `free` and `byok` without money. */
export type Tier = 'platform' | 'free' | 'byok' | 'subscription';

/** Whose money is held. */
export type Funding = 'wallet' | 'subscription' | 'none';

export interface Terms {
  tier: Tier;
  funding: Funding;
  /** Basis points on the list price. */
  multiplierBp: number;
  /** The rule that gave the multiplier; null = none, so once the list. */
  ruleId: string | null;
  subscriptionId: string | null;
}

export interface TermsQuestion {
  searchSpaceId: string;
  userId: string;
  /** Public names that a rule may be about: the route that was asked for, then the model that runs. */
  routeNames: readonly string[];
  /** Whose credential the vendor is called with. */
  connectionScope: 'global' | 'space' | 'user';
}

/** As listed, out of the wallet. */
export const PLAIN_TERMS: Terms = {
  tier: 'platform',
  funding: 'wallet',
  multiplierBp: BASIS_POINTS,
  ruleId: null,
  subscriptionId: null,
};

/** Rules and subscriptions, to be asked without searching. */
export class TermsIndex {
  private readonly rules: ReadonlyMap<string, PriceRule>;
  private readonly subscriptions: ReadonlyMap<string, Subscription>;

  constructor(rules: readonly PriceRule[], subscriptions: readonly Subscription[]) {
    this.rules = new Map(rules.map((rule) => [toKey(rule), rule]));
    this.subscriptions = new Map(subscriptions.map((one) => [one.searchSpaceId, one]));
  }

  /** @throws DomainError `billing.subscription_expired` */
  resolve(question: TermsQuestion, now: Date): Terms {
    const rule = this.findRule(question);
    const multiplierBp = rule?.multiplierBp ?? BASIS_POINTS;
    const terms = { ...PLAIN_TERMS, multiplierBp, ruleId: rule?.id ?? null };
    if (question.connectionScope !== 'global') return { ...terms, tier: 'byok', funding: 'none' };
    if (multiplierBp === 0) return { ...terms, tier: 'free', funding: 'none' };
    const subscription = this.subscriptions.get(question.searchSpaceId);
    const status = subscription ? toSubscriptionStatus(subscription, now) : 'ended';
    if (!subscription || status === 'ended' || status === 'coming') return terms;
    if (status === 'expired') throw toExpired(subscription);
    const subscriptionId = subscription.id;
    return { ...terms, tier: 'subscription', funding: 'subscription', subscriptionId };
  }

  /** The user before the route, the route before the space, the space before everybody. */
  private findRule({ userId, routeNames, searchSpaceId }: TermsQuestion): PriceRule | null {
    if (this.rules.size === 0) return null;
    const nobody = { userId: null, routeName: null, searchSpaceId: null };
    const keys = [
      { ...nobody, scope: 'user', userId, searchSpaceId } as const,
      { ...nobody, scope: 'user', userId } as const,
      ...routeNames.flatMap((routeName) => [
        { ...nobody, scope: 'route', routeName, searchSpaceId } as const,
        { ...nobody, scope: 'route', routeName } as const,
      ]),
      { ...nobody, scope: 'space', searchSpaceId } as const,
      { ...nobody, scope: 'default' } as const,
    ];
    for (const key of keys) {
      const rule = this.rules.get(toKey(key));
      if (rule) return rule;
    }
    return null;
  }
}

type RuleKey = Pick<PriceRule, 'scope' | 'userId' | 'routeName' | 'searchSpaceId'>;

function toKey({ scope, userId, routeName, searchSpaceId }: RuleKey): string {
  return `${scope}\n${userId}\n${searchSpaceId}\n${routeName}`;
}

function toExpired({ id, name, expiresAt }: Subscription): DomainError {
  return new DomainError(
    'billing.subscription_expired',
    `The subscription ${name} of this search space ended on ${expiresAt.toISOString()}. Ask an operator to renew it, ` +
      'or to end it so that the wallet pays.',
    { details: { subscription_id: id, expired_at: expiresAt.toISOString() } },
  );
}
