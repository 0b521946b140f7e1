// Proves that a sign-in leads back to allowed origins alone, however another one is spelled.
import { describe, expect, it } from 'vitest';
import { toReturnUrl } from './return-url.js';

const ORIGINS = ['https://atelier.example', 'https://app.example:8443'];

describe('toReturnUrl', () => {
  it.each([
    ['/', 'https://atelier.example/'],
    ['/app?x=1#y', 'https://atelier.example/app?x=1#y'],
    ['https:evil.example', 'https://atelier.example/evil.example'],
    ['https://app.example:8443/done', 'https://app.example:8443/done'],
  ])('leads to %s', (asked, url) => {
    expect(toReturnUrl(asked, ORIGINS)).toBe(url);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'http://atelier.example',
    'https://app.example',
    'https://atelier.example.evil.example',
    'https://atelier.example@evil.example',
    'https://user@atelier.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://atelier.example/\n//evil.example',
    '\t//evil.example',
    '',
    `/${'x'.repeat(2_001)}`,
  ])('does not lead to %j', (asked) => {
    expect(() => toReturnUrl(asked, ORIGINS)).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});
