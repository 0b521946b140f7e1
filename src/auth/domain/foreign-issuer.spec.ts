// Proves that a token's issuer is read from foreign JWTs alone, and that no text makes the reading fail.
import { describe, expect, it } from 'vitest';
import { findForeignIssuer, FOREIGN_TOKEN_LENGTH_MAX } from './foreign-issuer.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (header: object, claims: unknown) => `${encode(header)}.${encode(claims)}.c2ln`;

describe('findForeignIssuer', () => {
  it('tells who says to have signed a token', () => {
    const claims = { iss: 'https://login.example.com', sub: 'ada' };
    expect(findForeignIssuer(token({ alg: 'RS256', kid: '1' }, claims))).toBe(claims.iss);
  });

  it('takes nothing for foreign that is signed as ours are, or says to be ours', () => {
    const claims = { iss: 'https://login.example.com' };
    expect(findForeignIssuer(token({ alg: 'HS256', typ: 'JWT' }, claims))).toBeNull();
    expect(findForeignIssuer(token({ alg: 'RS256' }, { iss: 'atelier' }))).toBeNull();
  });

  it.each([
    '',
    'atl_testkeys_x',
    'a.b.c',
    'a..c',
    token({ alg: 'RS256' }, null),
    token({ alg: 'RS256' }, { iss: 7 }),
    token({ alg: 'RS256' }, { iss: 'x'.repeat(3_000) }),
    token(
      { alg: 'RS256' },
      { iss: 'https://a.example', pad: 'x'.repeat(FOREIGN_TOKEN_LENGTH_MAX) },
    ),
  ])('finds none in %.20s', (text) => {
    expect(findForeignIssuer(text)).toBeNull();
  });
});
