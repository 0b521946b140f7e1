// Proves which rule counts: by lists, mode, capitals, how far is searched, provider, priority and switch.
import { describe, expect, it } from 'vitest';
import { makeErrorRule } from '../../../test/factories/error-rule.factory.js';
import { ErrorRuleBook, type VendorFailureFacts } from './error-rule-book.js';
import type { ErrorRule } from './error-rule.js';

const FAILURE: VendorFailureFacts = {
  provider: 'openai',
  status: 500,
  words: '500 server_error Down for MAINTENANCE until noon',
};

function isMatch(rule: Partial<ErrorRule>, failure: Partial<VendorFailureFacts> = {}): boolean {
  const book = new ErrorRuleBook([makeErrorRule(rule)]);
  return book.find({ ...FAILURE, ...failure }) !== null;
}

describe('a rule for any', () => {
  it.each([
    [{ errorCodes: [502, 500] }, true],
    [{ errorCodes: [502] }, false],
    [{ keywords: ['nothing', 'maintenance'] }, true],
    [{ keywords: ['nothing'] }, false],
    [{ errorCodes: [502], keywords: ['maintenance'] }, true],
    [{ errorCodes: [500], keywords: ['nothing'] }, true],
    [{ errorCodes: [502], keywords: ['nothing'] }, false],
  ])('with %o matches: %s', (rule, expected) => {
    expect(isMatch(rule)).toBe(expected);
  });
});

describe('a rule for all', () => {
  it.each([
    [{ errorCodes: [502, 500], keywords: ['nothing', 'maintenance'] }, true],
    [{ errorCodes: [502], keywords: ['maintenance'] }, false],
    [{ errorCodes: [500], keywords: ['nothing'] }, false],
    [{ errorCodes: [500] }, true],
    [{ keywords: ['maintenance'] }, true],
    [{ errorCodes: [502] }, false],
    [{ keywords: ['nothing'] }, false],
  ])('with %o matches: %s', (rule, expected) => {
    expect(isMatch({ ...rule, matchMode: 'all' })).toBe(expected);
  });
});

describe('the words of a vendor', () => {
  it('are searched whatever the capitals, in the rule and in them', () => {
    expect(isMatch({ keywords: ['down FOR maintenance'] })).toBe(true);
    expect(isMatch({ keywords: ['ÜBERLASTET'] }, { words: 'Dienst überlastet' })).toBe(true);
  });

  it('are searched in their first 8,192 characters', () => {
    const isFound = (before: number) =>
      isMatch({ keywords: ['end'] }, { words: `${' '.repeat(before)}end` });
    expect([isFound(8_189), isFound(8_190)]).toEqual([true, false]);
  });

  it('match nothing when there are none, nor does a status that is not there', () => {
    const silent = { words: null, status: null };
    expect(isMatch({ keywords: ['maintenance'], errorCodes: [500] }, silent)).toBe(false);
    expect(isMatch({ keywords: ['maintenance'], matchMode: 'all' }, silent)).toBe(false);
  });
});

describe('of several rules', () => {
  const name = (...rules: Partial<ErrorRule>[]) => {
    const book = new ErrorRuleBook(
      rules.map((rule) => makeErrorRule({ errorCodes: [500], ...rule })),
    );
    return book.find(FAILURE)?.name ?? null;
  };

  it('the one of the lowest priority counts, of the same the older one', () => {
    expect(name({ name: 'high', priority: 9 }, { name: 'low', priority: 2 })).toBe('low');
    const older = { name: 'older', id: '01a1ffc6-0000-7000-8000-000000000001' };
    const newer = { name: 'newer', id: '01a1ffc6-0000-7000-8000-000000000002' };
    expect([name(newer, older), name(older, newer)]).toEqual(['older', 'older']);
  });

  it('those of other providers and those that are off do not count', () => {
    const others = { name: 'others', priority: 0, providers: ['fal', 'bfl'] };
    const off = { name: 'off', priority: 1, isEnabled: false };
    const ours = { name: 'ours', priority: 2, providers: ['fal', 'openai'] };
    expect(name(others, off, ours)).toBe('ours');
    expect(name(others, off)).toBeNull();
    expect(name()).toBeNull();
  });
});
