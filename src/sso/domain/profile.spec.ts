// Proves that claims of any form become a bounded profile, and that of two addresses none is taken for verified.
import { describe, expect, it } from 'vitest';
import { GROUPS_MAX, mergeClaims, toProfile } from './profile.js';

const NAMES = { emailClaim: 'email', nameClaim: 'name', groupsClaim: 'groups' };

describe('toProfile', () => {
  it('reads what is there', () => {
    const claims = {
      email: ' Ada@Example.com ',
      email_verified: true,
      name: 'Ada',
      groups: ['a', 'b', 'a'],
    };
    expect(toProfile('1', claims, NAMES)).toEqual({
      subject: '1',
      email: 'ada@example.com',
      isEmailVerified: true,
      name: 'Ada',
      groups: ['a', 'b'],
    });
  });

  it('takes nothing of another type or form', () => {
    const claims = {
      email: ['a@b.example'],
      email_verified: 1,
      name: {},
      groups: [1, null, '', 'x'.repeat(300), 'fine'],
    };
    expect(toProfile('1', claims, NAMES)).toMatchObject({
      email: null,
      isEmailVerified: false,
      name: null,
      groups: ['fine'],
    });
    for (const email of [
      '',
      'x',
      'a@b',
      'a b@c.example',
      `${'x'.repeat(250)}@a.example`,
      'a@b.example\n',
    ]) {
      const { email: read } = toProfile('1', { email }, NAMES);
      expect(read === null || read === 'a@b.example').toBe(true);
    }
  });

  it.each(['mi\u212ae@corp.example', 'm\uff49ke@corp.example', 'mike@\uff43orp.example'])(
    'takes no address whose letters become those of another one: %s',
    (email) => {
      expect(toProfile('1', { email, email_verified: true }, NAMES).email).toBeNull();
    },
  );

  it('bounds a name, and takes out what is no part of one', () => {
    const { name } = toProfile('1', { name: `A\u0000\n${'x'.repeat(500)}` }, NAMES);
    expect(name).toMatch(/^A x+$/);
    expect([...(name ?? '')]).toHaveLength(100);
  });

  it('tells no groups from unknown groups', () => {
    expect(toProfile('1', { groups: [] }, NAMES).groups).toEqual([]);
    expect(toProfile('1', {}, NAMES).groups).toBeNull();
    expect(toProfile('1', { groups: 'one' }, NAMES).groups).toEqual(['one']);
    expect(toProfile('1', { groups: ['a'] }, { ...NAMES, groupsClaim: null }).groups).toBeNull();
  });

  it.each([
    { groups: Array.from({ length: GROUPS_MAX + 1 }, (_, i) => `g${i}`) },
    { _claim_names: { groups: 'src1' } },
  ])('refuses when groups were left out', (claims) => {
    expect(() => toProfile('1', claims, NAMES)).toThrow(
      expect.objectContaining({ code: 'sso.refused' }),
    );
  });

  it('takes email_verified for the claim email alone', () => {
    const names = { ...NAMES, emailClaim: 'upn' };
    const claims = { upn: 'victim@corp.example', email: 'mine@evil.example', email_verified: true };
    expect(toProfile('1', claims, names).isEmailVerified).toBe(false);
    expect(toProfile('1', { ...claims, email: claims.upn }, names).isEmailVerified).toBe(true);
  });
});

describe('mergeClaims', () => {
  it('lets userinfo fill in, and nothing more', () => {
    const merged = mergeClaims(
      { sub: '1', name: 'A' },
      { name: 'B', email: 'a@b.example', email_verified: true },
    );
    expect(merged).toEqual({ sub: '1', name: 'A', email: 'a@b.example', email_verified: true });
  });

  it('does not verify the one address by the other', () => {
    const merged = mergeClaims(
      { email: 'victim@corp.example' },
      { email: 'mine@evil.example', email_verified: true },
    );
    expect(merged).toMatchObject({ email: 'victim@corp.example', email_verified: undefined });
  });
});
