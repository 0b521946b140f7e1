// Proves that what goes into the audit trail holds no secret and has a bound.
import { describe, expect, it } from 'vitest';
import { REDACTED } from '../../common/redact.js';
import { toAuditable } from './to-auditable.js';

describe('toAuditable', () => {
  it('takes out what is named like a secret, however it is written', () => {
    const state = {
      password: 'a',
      passwordHash: 'b',
      client_secret: 'c',
      api_key: 'd',
      refreshToken: 'e',
      invite: { code: 'f' },
      key_id: 'stays',
      error_code: 'stays',
      has_password: true,
      secret: null,
    };
    expect(toAuditable(state)).toEqual({
      password: REDACTED,
      passwordHash: REDACTED,
      client_secret: REDACTED,
      api_key: REDACTED,
      refreshToken: REDACTED,
      invite: { code: REDACTED },
      key_id: 'stays',
      error_code: 'stays',
      has_password: true,
      secret: null,
    });
  });

  it('takes keys and tokens out of free text', () => {
    const key = `atl_abcdefgh_${'x'.repeat(43)}`;
    expect(toAuditable({ note: `use ${key}` })).toEqual({ note: `use ${REDACTED}` });
  });

  it('cuts long texts, long lists and deep nesting', () => {
    const deep = { a: { b: { c: { d: 'too deep' } } } };
    const state = toAuditable({ text: 'x'.repeat(5_000), list: Array(500).fill(1), deep });
    expect(String(state.text)).toHaveLength(1_001);
    expect(state.list).toHaveLength(200);
    expect(JSON.stringify(state.deep)).not.toContain('too deep');
  });

  it('writes dates as text and drops what a database cannot keep', () => {
    expect(toAuditable({ at: new Date(0), text: 'a\0b' })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      text: 'ab',
    });
  });
});
