// Proves which of an invite's ends is told, and that a code is never kept.
import { describe, expect, it } from 'vitest';
import { findFault, statusOf } from './invite.js';
import { findCodeMark, newInviteCode } from './invite-code.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const LATER = new Date('2030-01-01T00:00:01Z');
const open = { revokedAt: null, expiresAt: null, maxUses: null, usesCount: 7 };

describe('statusOf', () => {
  it('is open without limits, before the expiry, and while uses are left', () => {
    expect(statusOf(open, NOW)).toBe('open');
    expect(statusOf({ ...open, expiresAt: LATER, maxUses: 8 }, NOW)).toBe('open');
  });

  it('ends at the moment of expiry and with the last use', () => {
    expect(statusOf({ ...open, expiresAt: NOW }, NOW)).toBe('expired');
    expect(statusOf({ ...open, maxUses: 7 }, NOW)).toBe('used_up');
  });

  it('tells of the revocation first, then of the expiry', () => {
    const ended = { revokedAt: NOW, expiresAt: NOW, maxUses: 7, usesCount: 7 };
    expect(findFault(statusOf(ended, NOW))).toBe('inactive');
    expect(findFault(statusOf({ ...ended, revokedAt: null }, NOW))).toBe('expired');
    expect(findFault(statusOf(open, NOW))).toBeNull();
  });
});

describe('an invite code', () => {
  it('carries 24 random bytes and is kept as a digest and eight letters', () => {
    const code = newInviteCode();
    expect(Buffer.from(code, 'base64url')).toHaveLength(24);
    expect(newInviteCode()).not.toBe(code);
    const mark = findCodeMark(code);
    expect(mark?.hash).toHaveLength(32);
    expect(mark?.prefix).toBe(code.slice(0, 8));
  });

  it.each(['', 'x', 'a'.repeat(31), 'a'.repeat(33), `${'a'.repeat(31)}!`, `${'a'.repeat(32)}\n`])(
    'does not look for %j',
    (text) => {
      expect(findCodeMark(text)).toBeNull();
    },
  );
});
