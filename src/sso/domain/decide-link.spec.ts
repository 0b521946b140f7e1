// Proves who is let in, linked or turned away at first sight, over every combination of what decides it.
import { describe, expect, it } from 'vitest';
import { decideLink, type LinkQuestion } from './decide-link.js';

const QUESTION: LinkQuestion = {
  provider: { id: 'p', domains: ['corp.example'], requireVerifiedEmail: true, allowSignUp: true },
  profile: { email: 'ada@corp.example', isEmailVerified: true },
  forcedProviderId: 'p',
  hasAccount: false,
};

describe('decideLink', () => {
  it('makes an account for a stranger, and links one of a domain that is the provider’s', () => {
    expect(decideLink(QUESTION)).toEqual({ kind: 'create', email: 'ada@corp.example' });
    const known = { ...QUESTION, hasAccount: true };
    expect(decideLink(known)).toEqual({ kind: 'link', email: 'ada@corp.example' });
  });

  it('never links without domain, verification and the right provider together', () => {
    const flags = [true, false];
    for (const isOwn of flags)
      for (const isEmailVerified of flags)
        for (const requireVerifiedEmail of flags)
          for (const forcedProviderId of ['p', 'other', null]) {
            const decision = decideLink({
              provider: {
                ...QUESTION.provider,
                requireVerifiedEmail,
                domains: isOwn ? ['corp.example'] : [],
              },
              profile: { email: 'ada@corp.example', isEmailVerified },
              forcedProviderId,
              hasAccount: true,
            });
            const mayLink = isOwn && isEmailVerified && forcedProviderId !== 'other';
            expect(decision.kind).toBe(mayLink ? 'link' : 'refuse');
          }
  });

  it.each<[string, Partial<LinkQuestion>]>([
    ['email_missing', { profile: { email: null, isEmailVerified: true } }],
    ['email_unverified', { profile: { email: 'ada@corp.example', isEmailVerified: false } }],
    ['email_of_other_provider', { forcedProviderId: 'other' }],
    ['sign_up_disabled', { provider: { ...QUESTION.provider, allowSignUp: false } }],
  ])('says %s', (reason, change) => {
    expect(decideLink({ ...QUESTION, ...change })).toEqual({ kind: 'refuse', reason });
  });
});
