// Proves that a login spends the same work whoever is asked for, and when the address is asked about.
import { describe, expect, it, vi } from 'vitest';
import type { AddressLimiter } from '../throttle/address-limiter.js';
import type { UserCredentials } from './domain/user.js';
import type { UsersReader } from './domain/users.reader.port.js';
import { LoginService } from './login.service.js';
import type { SessionsService } from './sessions.service.js';

const user: UserCredentials = {
  id: 'user',
  email: 'ada@example.com',
  name: 'Ada',
  isOperator: false,
  status: 'active',
  version: 3,
  createdAt: new Date(0),
  passwordHash: 'the hash',
};

function build(found: UserCredentials | null, isRight: boolean) {
  const verify = vi.fn(async (hash: string | null) => isRight && hash !== null);
  const limiter = {
    assertAllowed: vi.fn(async () => undefined),
    recordFailure: vi.fn(async () => undefined),
  };
  const open = vi.fn(async () => ({ accessToken: 'a', refreshToken: 'r', expiresInS: 1 }));
  const findCredentials = vi.fn(async () => found);
  const logins = new LoginService(
    limiter as unknown as AddressLimiter,
    { findCredentials } as unknown as UsersReader,
    { hash: async () => '', verify },
    { open } as unknown as SessionsService,
  );
  return { logins, verify, limiter, open, findCredentials };
}

describe('LoginService', () => {
  it('opens a session for the right password, the address spelled anyhow', async () => {
    const { logins, open, limiter, findCredentials } = build(user, true);
    await logins.login(' ADA@example.com', 'right', '192.0.2.1');
    expect(findCredentials).toHaveBeenCalledWith('ada@example.com');
    expect(open).toHaveBeenCalledWith(user);
    expect(limiter.recordFailure).not.toHaveBeenCalled();
  });

  it.each([
    ['an unknown address', null, true, null],
    ['a wrong password', user, false, 'the hash'],
    ['a disabled account', { ...user, status: 'disabled' as const }, true, 'the hash'],
  ])(
    'checks a password for %s too, counts the failure, and opens nothing',
    async (_what, found, isRight, hash) => {
      const { logins, verify, limiter, open } = build(found, isRight);
      const attempt = logins.login('ada@example.com', 'a password', '192.0.2.1');
      await expect(attempt).rejects.toMatchObject({ code: 'auth.login_failed' });
      expect(verify.mock.calls).toEqual([[hash, 'a password']]);
      expect(limiter.recordFailure).toHaveBeenCalledWith('192.0.2.1');
      expect(open).not.toHaveBeenCalled();
    },
  );

  it('asks about the address before any work, and again before it opens a session', async () => {
    const { logins, verify, limiter, open } = build(user, true);
    limiter.assertAllowed
      .mockResolvedValueOnce(undefined)
      .mockRejectedValueOnce(new Error('blocked meanwhile'));
    await expect(logins.login(user.email, 'right', '192.0.2.1')).rejects.toThrow(
      'blocked meanwhile',
    );
    expect(open).not.toHaveBeenCalled();
    limiter.assertAllowed.mockRejectedValueOnce(new Error('blocked'));
    await expect(logins.login(user.email, 'right', '192.0.2.1')).rejects.toThrow('blocked');
    expect(verify).toHaveBeenCalledTimes(1);
  });
});
