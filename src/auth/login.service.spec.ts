// Proves that a login spends the same work whoever is asked for, and that it is counted before the work is done.
import { describe, expect, it, vi } from 'vitest';
import { toSessionClient } from './domain/session-client.js';
import type { UserCredentials } from './domain/user.js';
import type { UsersReader } from './domain/users.reader.port.js';
import { LoginService } from './login.service.js';
import type { LoginLimiter } from './login-limiter.js';
import type { PasswordsService } from './passwords.service.js';
import type { SessionsService } from './sessions.service.js';

const client = toSessionClient('192.0.2.1', 'tests');
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
  const matches = vi.fn(async (hash: string | null, _password: string) => isRight && hash !== null);
  const giveBack = vi.fn(async () => undefined);
  const beginLogin = vi.fn(async (_email: string, _address: string) => ({ giveBack }));
  const open = vi.fn(async () => ({ accessToken: 'a', refreshToken: 'r', expiresInS: 1 }));
  const findCredentials = vi.fn(async () => found);
  const logins = new LoginService(
    { beginLogin } as unknown as LoginLimiter,
    { findCredentials } as unknown as UsersReader,
    { matches, assertAllowed: async () => undefined } as unknown as PasswordsService,
    { open } as unknown as SessionsService,
  );
  return { logins, matches, beginLogin, giveBack, open, findCredentials };
}

describe('LoginService', () => {
  it('opens a session for the right password, the address spelled anyhow', async () => {
    const { logins, open, giveBack, beginLogin, findCredentials } = build(user, true);
    await logins.login(' ADA@example.com', 'right', client);
    expect(findCredentials).toHaveBeenCalledWith('ada@example.com');
    expect(beginLogin).toHaveBeenCalledWith('ada@example.com', '192.0.2.1');
    expect(open).toHaveBeenCalledWith(user, client);
    expect(giveBack).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an unknown address', null, true, null],
    ['a wrong password', user, false, 'the hash'],
    ['a disabled account', { ...user, status: 'disabled' as const }, true, 'the hash'],
    ['an account without a password', { ...user, passwordHash: null }, true, null],
  ])(
    'checks a password for %s too, lets the attempt count, and opens nothing',
    async (_what, found, isRight, hash) => {
      const { logins, matches, giveBack, open } = build(found, isRight);
      const attempt = logins.login('ada@example.com', 'a password', client);
      await expect(attempt).rejects.toMatchObject({ code: 'auth.login_failed' });
      expect(matches.mock.calls).toEqual([[hash, 'a password']]);
      expect(giveBack).not.toHaveBeenCalled();
      expect(open).not.toHaveBeenCalled();
    },
  );

  it('is counted before any work', async () => {
    const { logins, matches, beginLogin, findCredentials } = build(user, true);
    beginLogin.mockRejectedValueOnce(new Error('too many'));
    await expect(logins.login(user.email, 'right', client)).rejects.toThrow('too many');
    expect(findCredentials).not.toHaveBeenCalled();
    expect(matches).not.toHaveBeenCalled();
  });

  it('gives the attempt back when nobody could look at the password', async () => {
    const { logins, matches, giveBack, open } = build(user, true);
    matches.mockRejectedValueOnce(new Error('too busy'));
    await expect(logins.login(user.email, 'right', client)).rejects.toThrow('too busy');
    expect(giveBack).toHaveBeenCalledTimes(1);
    expect(open).not.toHaveBeenCalled();
  });
});
