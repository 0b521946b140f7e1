// Proves that a domain is the same domain however an e-mail address spells it.
import { describe, expect, it } from 'vitest';
import { domainOf } from './identity-provider.js';

describe('domainOf', () => {
  it.each([
    ['ada@corp.example', 'corp.example'],
    ['ada@CORP.Example', 'corp.example'],
    ['ada@bücher.example', 'xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ada@b\u00fccher.example/elsewhere', 'b\u00fccher.example/elsewhere'],
    ['ada@corp.example/elsewhere', 'corp.example/elsewhere'],
    ['ada@sub.corp.example', 'sub.corp.example'],
    ['corp.example@elsewhere.example', 'elsewhere.example'],
    ['no address at all', 'no address at all'],
    ['ada@', ''],
  ])('of %s is %s', (email, domain) => {
    expect(domainOf(email)).toBe(domain);
  });
});
