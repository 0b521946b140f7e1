// Proves the form of API keys: how they are made, and how their lookup id is cut out, by position.
import { describe, expect, it } from 'vitest';
import { findLookupId, newApiKey } from './api-key.js';

const SECRET = 'A'.repeat(43);

describe('newApiKey', () => {
  it('makes keys of the printed form, each another', () => {
    const keys = Array.from({ length: 200 }, newApiKey);
    for (const key of keys) expect(key).toMatch(/^atl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/);
    expect(new Set(keys).size).toBe(200);
    expect(new Set(keys.map(findLookupId)).size).toBe(200);
  });

  it('uses all letters of the alphabet in the lookup id, at every place', () => {
    const ids = Array.from({ length: 3_000 }, () => findLookupId(newApiKey()) ?? '');
    for (let place = 0; place < 8; place += 1) {
      expect(new Set(ids.map((id) => id[place])).size).toBe(32);
    }
  });
});

describe('findLookupId', () => {
  it('cuts by length, whatever underscores the secret holds', () => {
    expect(findLookupId(`atl_abcdef27_${'_'.repeat(43)}`)).toBe('abcdef27');
  });

  it.each([
    ['another prefix', `atx_abcdef27_${SECRET}`],
    ['a lookup id with letters outside base32', `atl_abcdef10_${SECRET}`],
    ['capitals in the lookup id', `atl_ABCDEF27_${SECRET}`],
    ['a secret that is too short', `atl_abcdef27_${SECRET.slice(1)}`],
    ['a secret that is too long', `atl_abcdef27_${SECRET}A`],
    ['a line break at the end', `atl_abcdef27_${SECRET.slice(1)}\n`],
    ['a secret with other letters', `atl_abcdef27_${SECRET.slice(1)}=`],
    ['nothing', ''],
  ])('refuses %s', (_what, key) => {
    expect(findLookupId(key)).toBeNull();
  });
});
