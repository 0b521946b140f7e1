// Proves the small rules of credentials: e-mail spelling, password length, keys in the query, claims.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../common/domain-error.js';
import { newId } from '../../common/ids.js';
import { findClaims } from './access-claims.js';
import { newApiKey } from './api-key.js';
import { credentialsInvalid, isGuess, keyExpired, sessionEnded } from './auth.errors.js';
import { toEmail } from './email.js';
import { hasKeyInQuery } from './key-in-query.js';
import { isSameDigest, newOpaqueToken, sha256 } from './opaque-token.js';
import { assertPassword, newPassword, toPasswordForms } from './password.js';
import { toSessionClient } from './session-client.js';

describe('toEmail', () => {
  it('trims and lowers, so that one address is one account', () => {
    expect(toEmail('  Ada.Lovelace@Example.COM ')).toBe('ada.lovelace@example.com');
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'a b@example.com',
    'a\0b@example.com',
    'ada@@example.com',
    `${'a'.repeat(250)}@example.com`,
  ])('refuses %j and names the field', (text) => {
    expect(() => toEmail(text)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
    expect(() => toEmail(text)).toThrow(/^email /);
  });
});

describe('assertPassword', () => {
  it.each(['123456789012', 'word '.repeat(51), '🙂🙃😀😁😂🤣😃😄😅😆😉😊', 'ⅳ is a number'])(
    'accepts %s: no rules of composition',
    (password) => {
      expect(() => assertPassword(password, 'ada@example.com')).not.toThrow();
    },
  );

  it.each([
    ['11 characters', '12345678901'],
    ['257 characters', 'words '.repeat(42) + 'words'],
    ['11 letters of two units each', '🙂🙃😀😁😂🤣😃😄😅😆😉'],
    ['one letter over and over', 'p'.repeat(20)],
    ['four letters over and over', 'abcdabcdabcdabcd'],
    ['the name of the service', 'my Atelier, my castle'],
    ['the name of the service in other code points', 'my ａｔｅｌｉｅｒ, my castle'],
    ['the e-mail address', 'ada@example.com'],
    ['the e-mail address spelled otherwise', ' ADA@example.com'],
  ])('refuses %s', (_what, password) => {
    expect(() => assertPassword(password, 'ada@example.com')).toThrow(DomainError);
  });

  it('refuses what holds the local part of the address, when that is a word', () => {
    const password = 'Grace.Hopper for president';
    expect(() => assertPassword(password, 'grace.hopper@example.com')).toThrow(/^password /);
    expect(() => assertPassword(password, 'grace@example.com')).toThrow(/^password /);
    expect(() => assertPassword(password, 'gra@example.com')).not.toThrow();
  });

  it('asks for the length that is set', () => {
    const ask = (lengthMin: number) => () =>
      assertPassword('fourteen chars', 'ada@example.com', 'new_password', lengthMin);
    expect(ask(14)).not.toThrow();
    expect(ask(15)).toThrow('new_password must have 15 to 256 characters');
  });

  it('accepts every password that is generated', () => {
    expect(() => assertPassword(newPassword(), 'ada@example.com')).not.toThrow();
    expect(newPassword()).not.toBe(newPassword());
  });
});

describe('toPasswordForms', () => {
  it('puts the normalised spelling first and keeps the one sent, for hashes from before', () => {
    expect(toPasswordForms('plain')).toEqual(['plain']);
    expect(toPasswordForms('cafe\u0301')).toEqual(['café', 'cafe\u0301']);
  });
});

describe('toSessionClient', () => {
  it('keeps one bounded line of what the client calls itself', () => {
    const client = toSessionClient('192.0.2.1', `a\nb\u202e${'x'.repeat(500)}`);
    expect(client).toEqual({ address: '192.0.2.1', userAgent: `a b ${'x'.repeat(196)}` });
    expect(toSessionClient('192.0.2.1', ' \t').userAgent).toBeNull();
    expect(toSessionClient('192.0.2.1', undefined).userAgent).toBeNull();
  });
});

describe('hasKeyInQuery', () => {
  it.each([
    '/v1/models?api_key=x',
    '/v1/models?a=1&KEY=x',
    '/v1/models?access_token=x',
    '/v1/models?key',
    `/v1/models?token=${newApiKey()}`,
    `/v1/models?q=%61tl_abcdefgh`,
    `/v1/models?q=+${newApiKey()}`,
  ])('finds it in %s', (url) => {
    expect(hasKeyInQuery(url)).toBe(true);
  });

  it.each([
    '/v1/models',
    '/v1/models?',
    '/api/v1/image-generations/1/image?token=abc&index=0',
    '/atl_abcdefgh?q=what is atl_',
    '/v1/models?keys=1&apikey_id=2',
    '/v1/models?q=%',
  ])('finds none in %s', (url) => {
    expect(hasKeyInQuery(url)).toBe(false);
  });
});

describe('findClaims', () => {
  const claims = { sub: newId(), sid: newId(), ver: 1 };

  it('takes the three claims and nothing else', () => {
    expect(findClaims({ ...claims, isOperator: true })).toEqual(claims);
  });

  it.each([
    null,
    'text',
    {},
    { ...claims, sub: 'x' },
    { ...claims, sid: 1 },
    { ...claims, ver: '1' },
  ])('refuses %j', (payload) => {
    expect(findClaims(payload)).toBeNull();
  });
});

describe('digests', () => {
  it('differ for different tokens and are the same for the same', () => {
    const token = newOpaqueToken();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(isSameDigest(sha256(token), sha256(token))).toBe(true);
    expect(isSameDigest(sha256(token), sha256(newOpaqueToken()))).toBe(false);
    expect(isSameDigest(Buffer.alloc(31), Buffer.alloc(32))).toBe(false);
  });
});

describe('isGuess', () => {
  it('counts what was never right, not what has ended', () => {
    const expired = Object.assign(new Error('jwt expired'), { name: 'TokenExpiredError' });
    expect(isGuess(credentialsInvalid())).toBe(true);
    expect(isGuess(credentialsInvalid(new Error('invalid signature')))).toBe(true);
    expect(isGuess(credentialsInvalid(expired))).toBe(false);
    expect(isGuess(sessionEnded())).toBe(false);
    expect(isGuess(keyExpired())).toBe(false);
    expect(isGuess(new Error('connection lost'))).toBe(false);
  });
});
