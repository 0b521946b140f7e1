// Proves from where and for what a key is let in: denied networks win, and one address has one meaning however it is written.
import { describe, expect, it } from 'vitest';
import { KeyGate, toCidrs } from './key-gate.js';

const OPEN = { allowedCidrs: [], deniedCidrs: [], allowedEndpoints: [] };
const ROUTE = '/v1/models';

function admits(address: string, lists: Partial<typeof OPEN> | object): boolean {
  return new KeyGate({ ...OPEN, ...lists }).admits(address, ROUTE);
}

describe('addresses', () => {
  it.each([
    [{}, '203.0.113.7', true],
    [{}, 'no address', true],
    [{ allowedCidrs: ['203.0.113.0/24'] }, '203.0.113.7', true],
    [{ allowedCidrs: ['203.0.113.0/24'] }, '203.0.114.7', false],
    [{ allowedCidrs: ['203.0.113.0/24'] }, '::ffff:203.0.113.7', true],
    [{ allowedCidrs: ['203.0.113.0/24'] }, '::ffff:cb00:7107', true],
    [{ allowedCidrs: ['203.0.113.0/24'] }, '2001:db8::1', false],
    [{ allowedCidrs: ['203.0.113.0/24'] }, 'no address', false],
    [{ deniedCidrs: ['203.0.113.0/24'] }, 'no address', false],
    [{ deniedCidrs: ['203.0.113.7/32'] }, '::ffff:203.0.113.7', false],
    [{ deniedCidrs: ['203.0.113.7/32'] }, '203.0.113.8', true],
    [{ allowedCidrs: ['0.0.0.0/0'], deniedCidrs: ['203.0.113.0/24'] }, '203.0.113.7', false],
    [{ allowedCidrs: ['203.0.113.7/32'], deniedCidrs: ['203.0.113.0/24'] }, '203.0.113.7', false],
    [{ allowedCidrs: ['0.0.0.0/0'] }, '::1', false],
    [{ allowedCidrs: ['2001:db8::/32'] }, '2001:db8:7::1', true],
    [{ allowedCidrs: ['fe80::/10'] }, 'fe80::1%eth0', true],
  ])('with %j say of %s: %j', (lists, address, isIn) => {
    expect(admits(address, lists)).toBe(isIn);
  });

  it('are kept in one form', () => {
    expect(
      toCidrs('allowed_cidrs', [
        '10.1.2.3/8',
        '10.0.0.0/8',
        '192.0.2.9',
        '::ffff:10.0.0.0/104',
        '2001:DB8:1::9/33',
        '::1',
        '10.1.2.3/0',
      ]),
    ).toEqual(['10.0.0.0/8', '192.0.2.9/32', '2001:db8::/33', '::1/128', '0.0.0.0/0']);
  });

  it.each([
    '',
    'x',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0',
    '::1/129',
    '0x7f.1',
    '::ffff:10.0.0.0/95',
  ])('are refused with their place when they are none: %j', (text) => {
    expect(() => toCidrs('denied_cidrs', ['192.0.2.1', text])).toThrow('denied_cidrs[1]');
  });
});

describe('endpoints', () => {
  it.each([
    [['/v1/images/*'], '/v1/images/generations', true],
    [['/v1/images/*'], '/v1/models', false],
    [['/api/v1/api-keys/{id}'], '/api/v1/api-keys/:id', true],
    [['/api/v1/api-keys/:id'], '/api/v1/api-keys/:id', true],
    [['/api/v1/api-keys/{key}'], '/api/v1/api-keys/:id', true],
    [['/api/v1/api-keys/{id}'], '/api/v1/api-keys/:id/usage', false],
    [['/v1/models', '*'], '/anything', true],
    [['/v1'], '', false],
  ])('with %j say of %s: %j', (allowedEndpoints, route, isIn) => {
    expect(new KeyGate({ ...OPEN, allowedEndpoints }).admits('192.0.2.1', route)).toBe(isIn);
  });
});
