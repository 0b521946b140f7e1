/** Proves who pays for a call and how often the list price: rules in their order, own credentials, subscriptions. */
import { describe, expect, it } from 'vitest';
import type { PriceRule } from './price-rule.js';
import { TermsIndex, type TermsQuestion } from './price-terms.js';
import type { Subscription } from './subscription.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const QUESTION: TermsQuestion = {
  searchSpaceId: 'space',
  userId: 'user',
  routeNames: ['route', 'model'],
  connectionScope: 'global',
};

function rule(multiplierBp: number, more: Partial<PriceRule>): PriceRule {
  const about = { userId: null, routeName: null, searchSpaceId: null, ...more };
  const made = { note: null, createdBy: 'operator', createdAt: NOW };
  return { id: `rule ${multiplierBp}`, scope: 'default', multiplierBp, ...about, ...made };
}

function subscription(startsAt: string, expiresAt: string): Subscription {
  return {
    id: 'subscription',
    searchSpaceId: 'space',
    name: 'Studio',
    startsAt: new Date(startsAt),
    expiresAt: new Date(expiresAt),
    endedAt: null,
    timeZone: 'UTC',
    createdBy: 'operator',
    createdAt: NOW,
  };
}

/** From the strongest to the weakest. */
const RULES = [
  rule(1, { scope: 'user', userId: 'user', searchSpaceId: 'space' }),
  rule(2, { scope: 'user', userId: 'user' }),
  rule(3, { scope: 'route', routeName: 'route', searchSpaceId: 'space' }),
  rule(4, { scope: 'route', routeName: 'route' }),
  rule(11, { scope: 'route', routeName: 'model', searchSpaceId: 'space' }),
  rule(12, { scope: 'route', routeName: 'model' }),
  rule(5, { scope: 'space', searchSpaceId: 'space' }),
  rule(6, {}),
];
const OTHERS = [
  rule(7, { scope: 'user', userId: 'another' }),
  rule(8, { scope: 'user', userId: 'user', searchSpaceId: 'another' }),
  rule(9, { scope: 'route', routeName: 'another' }),
  rule(10, { scope: 'space', searchSpaceId: 'another' }),
];
const ACTIVE = subscription('2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z');

describe('terms of a call', () => {
  it.each(RULES.map((one, index) => [one.multiplierBp, index]))(
    'take rule %i when none before it is there',
    (multiplierBp, index) => {
      const rules = [...OTHERS, ...RULES.slice(index).toReversed()];
      expect(new TermsIndex(rules, []).resolve(QUESTION, NOW)).toEqual({
        tier: 'platform',
        funding: 'wallet',
        multiplierBp,
        ruleId: `rule ${multiplierBp}`,
        subscriptionId: null,
      });
    },
  );

  it('are the list and the wallet where nothing is said', () => {
    expect(new TermsIndex(OTHERS, []).resolve(QUESTION, NOW)).toMatchObject({
      tier: 'platform',
      multiplierBp: 10_000,
      ruleId: null,
    });
  });

  it.each(['space', 'user'] as const)('move no money on a credential of the %s’s own', (scope) => {
    const index = new TermsIndex(RULES, [ACTIVE]);
    expect(index.resolve({ ...QUESTION, connectionScope: scope }, NOW)).toMatchObject({
      tier: 'byok',
      funding: 'none',
      subscriptionId: null,
    });
  });

  it('are free at a multiplier of nothing, also under a subscription that expired', () => {
    const expired = subscription('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
    const index = new TermsIndex([rule(0, {})], [expired]);
    expect(index.resolve(QUESTION, NOW)).toMatchObject({ tier: 'free', funding: 'none' });
    const own = { ...QUESTION, connectionScope: 'user' } as const;
    expect(new TermsIndex([], [expired]).resolve(own, NOW).tier).toBe('byok');
  });

  it('are the subscription’s from its first moment to its last', () => {
    const at = (time: string) => new TermsIndex([], [ACTIVE]).resolve(QUESTION, new Date(time));
    expect(at('2026-10-31T23:59:59.999Z').tier).toBe('platform');
    for (const time of ['2026-11-01T00:00:00Z', '2026-11-30T23:59:59.999Z']) {
      expect(at(time)).toMatchObject({
        tier: 'subscription',
        funding: 'subscription',
        subscriptionId: 'subscription',
      });
    }
    expect(() => at('2026-12-01T00:00:00Z')).toThrow(
      expect.objectContaining({ code: 'billing.subscription_expired' }),
    );
  });

  it('are the wallet’s in another space', () => {
    const other = { ...QUESTION, searchSpaceId: 'another' };
    expect(new TermsIndex([], [ACTIVE]).resolve(other, NOW).funding).toBe('wallet');
  });
});
