/** Proves that every form of REDIS_URL becomes the same options for Bull and ioredis. */
import { describe, expect, it } from 'vitest';
import { toRedisOptions } from './redis-options.js';

describe('toRedisOptions', () => {
  it('fills in what the URL leaves out', () => {
    expect(toRedisOptions('redis://cache')).toMatchObject({
      host: 'cache',
      port: 6379,
      db: 0,
      username: undefined,
      password: undefined,
      tls: undefined,
    });
  });

  it('reads user, password with odd characters, port and database', () => {
    expect(toRedisOptions('redis://me:p%40ss%2Fword@cache:7000/3')).toMatchObject({
      host: 'cache',
      port: 7000,
      db: 3,
      username: 'me',
      password: 'p@ss/word',
    });
  });

  it('takes a password without a user, an IPv6 address and TLS', () => {
    expect(toRedisOptions('rediss://:secret@[2001:db8::1]')).toMatchObject({
      host: '2001:db8::1',
      username: undefined,
      password: 'secret',
      tls: {},
    });
  });

  it('waits longer between attempts, up to a second', () => {
    const { retryStrategy } = toRedisOptions('redis://cache');
    expect([1, 2, 100].map((times) => retryStrategy(times))).toEqual([100, 200, 1_000]);
  });
});
