// Proves how a presented key is checked: whole, in constant time, once per key, and never past its end.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StillClock } from '../../test/fakes/still-clock.js';
import { StillEpoch } from '../../test/fakes/still-epoch.js';
import { DomainError } from '../common/domain-error.js';
import type { AddressLimiter } from '../throttle/address-limiter.js';
import { findLookupId, newApiKey, type StoredKey } from './domain/api-key.js';
import type { LiveSession } from './domain/session.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { sha256 } from './domain/opaque-token.js';
import type { KeyUsageRecorder } from './key-usage.recorder.js';
import { type KeyUse, KeyVerifier } from './key-verifier.js';

const ADDRESS = '192.0.2.1';

class FakeReader extends CredentialsReader {
  readonly keys = new Map<string, StoredKey>();
  asked = 0;

  async findLiveSession(): Promise<LiveSession | null> {
    return null;
  }

  async findKey(lookupId: string): Promise<StoredKey | null> {
    this.asked += 1;
    return this.keys.get(lookupId) ?? null;
  }

  add(key: string, more: Partial<StoredKey> = {}): void {
    this.keys.set(findLookupId(key) ?? '', {
      id: 'key-id',
      keyHash: sha256(key),
      userId: 'maker',
      searchSpaceId: 'space',
      scopes: ['images.read'],
      allowedModels: [],
      allowedEndpoints: [],
      allowedCidrs: [],
      deniedCidrs: [],
      rateLimitPerMinute: null,
      rateLimitPerHour: null,
      rateLimitPerDay: null,
      isActive: true,
      expiresAt: null,
      secretExpiresAt: null,
      isOperators: false,
      ...more,
    });
  }
}

describe('KeyVerifier', () => {
  const key = newApiKey();
  let reader: FakeReader;
  let epoch: StillEpoch;
  let clock: StillClock;
  let verifier: KeyVerifier;
  let isBlocked: boolean;
  const touch = vi.fn();

  beforeEach(() => {
    [reader, epoch, clock, isBlocked] = [
      new FakeReader(),
      new StillEpoch(),
      new StillClock(),
      false,
    ];
    reader.add(key);
    const limiter = {
      assertAllowed: async () => {
        if (isBlocked) throw new DomainError('auth.login_throttled', 'wait');
      },
    } as unknown as AddressLimiter;
    const usage = { touch } as unknown as KeyUsageRecorder;
    verifier = new KeyVerifier(reader, usage, limiter, clock, epoch);
    vi.clearAllMocks();
  });

  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  const verify = (presented: string, use: Partial<KeyUse> = {}) =>
    verifier.verify(presented, { address: ADDRESS, route: '/any', ...use });
  const refused = (code: string) => expect.objectContaining({ code });

  it('makes a caller that is bound, scoped, no operator, and cannot be changed', async () => {
    const caller = await verify(key);
    expect(caller).toEqual({
      kind: 'api_key',
      id: 'key-id',
      userId: 'maker',
      isOperator: false,
      sessionId: null,
      boundSpaceId: 'space',
      scopes: ['images.read'],
      allowedModels: [],
      rateLimits: [],
    });
    expect(Object.isFrozen(caller) && Object.isFrozen(caller.scopes)).toBe(true);
    expect(touch).toHaveBeenCalledWith('key-id');
  });

  it('asks the database once for a key, and for a wrong one every time', async () => {
    for (let times = 0; times < 3; times += 1) await verify(key);
    expect(reader.asked).toBe(1);
    const wrong = newApiKey();
    for (let times = 0; times < 3; times += 1)
      await expect(verify(wrong)).rejects.toEqual(refused('auth.credentials_invalid'));
    expect(reader.asked).toBe(4);
  });

  it('compares digests of whole keys in constant time, for unknown lookup ids as well', async () => {
    const comparing = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    const sameLookup = `${key.slice(0, 13)}${newApiKey().slice(13)}`;
    await verify(key);
    await expect(verify(sameLookup)).rejects.toEqual(refused('auth.credentials_invalid'));
    await expect(verify(newApiKey())).rejects.toEqual(refused('auth.credentials_invalid'));
    expect(comparing).toHaveBeenCalledTimes(3);
    for (const [left, right] of comparing.mock.calls) {
      expect([left.byteLength, right.byteLength]).toEqual([32, 32]);
    }
  });

  it('is not fooled by a row whose digest is all zeros', async () => {
    reader.keys.clear();
    await expect(verify(key)).rejects.toEqual(refused('auth.credentials_invalid'));
  });

  it('asks nobody about what is no key', async () => {
    for (const text of ['', 'atl_', `${key}x`, 'sk-something']) {
      await expect(verify(text)).rejects.toEqual(refused('auth.credentials_invalid'));
    }
    expect(reader.asked).toBe(0);
  });

  it('forgets what it knew when rights change, and believes the database', async () => {
    await verify(key);
    reader.keys.clear();
    await verify(key);
    epoch.hasten();
    await expect(verify(key)).rejects.toEqual(refused('auth.credentials_invalid'));
    expect(touch).toHaveBeenCalledTimes(2);
  });

  it('ends a key at its time although it is cached', async () => {
    reader.add(key, { expiresAt: new Date(clock.now().getTime() + 1_000) });
    await verify(key);
    clock.move(999);
    await verify(key);
    clock.move(1);
    await expect(verify(key)).rejects.toEqual(refused('auth.key_expired'));
  });

  it('ends a replaced secret at its time although the key goes on', async () => {
    reader.add(key, { secretExpiresAt: new Date(clock.now().getTime() + 1_000) });
    await verify(key);
    clock.move(1_000);
    await expect(verify(key)).rejects.toEqual(refused('auth.key_expired'));
  });

  it('refuses a key that is switched off, to whoever holds all of it alone', async () => {
    reader.add(key, { isActive: false });
    await expect(verify(key)).rejects.toEqual(refused('auth.key_inactive'));
    const forged = `${key.slice(0, 13)}${newApiKey().slice(13)}`;
    await expect(verify(forged)).rejects.toEqual(refused('auth.credentials_invalid'));
    expect(touch).not.toHaveBeenCalled();
  });

  it('asks at each use from where and for what, also of a key it knows', async () => {
    reader.add(key, { deniedCidrs: ['198.51.100.0/24'], allowedEndpoints: ['/v1/*'] });
    await verify(key, { route: '/v1/models' });
    const elsewhere = { route: '/v1/models', address: '::ffff:198.51.100.7' };
    await expect(verify(key, elsewhere)).rejects.toEqual(refused('auth.key_restricted'));
    await expect(verify(key)).rejects.toEqual(refused('auth.key_restricted'));
    await expect(verify(key, { route: undefined })).rejects.toEqual(refused('auth.key_restricted'));
    expect(reader.asked).toBe(1);
  });

  it('counts scopes of operators while the user of the key is one', async () => {
    const scopes = ['models.list', 'admin.cache', 'admin.status'] as const;
    reader.add(key, { scopes, isOperators: true });
    expect((await verify(key)).scopes).toEqual(scopes);
    reader.add(key, { scopes, isOperators: false });
    epoch.hasten();
    expect((await verify(key)).scopes).toEqual(['models.list']);
  });

  it('hands on the limits that are set, the shortest window first', async () => {
    reader.add(key, { rateLimitPerDay: 7, rateLimitPerMinute: 3 });
    expect((await verify(key)).rateLimits).toEqual([
      { windowMs: 60_000, limit: 3 },
      { windowMs: 86_400_000, limit: 7 },
    ]);
  });

  it('refuses a blocked address unknown keys unseen, and lets keys pass that were right before', async () => {
    await verify(key);
    isBlocked = true;
    epoch.epoch = null;
    await verify(key);
    await verify(key);
    const asked = reader.asked;
    await expect(verify(newApiKey())).rejects.toEqual(refused('auth.login_throttled'));
    expect(reader.asked).toBe(asked);
  });

  it('forgets that a key was right once it is wrong', async () => {
    await verify(key);
    epoch.hasten();
    reader.keys.clear();
    await expect(verify(key)).rejects.toEqual(refused('auth.credentials_invalid'));
    isBlocked = true;
    await expect(verify(key)).rejects.toEqual(refused('auth.login_throttled'));
  });
});
