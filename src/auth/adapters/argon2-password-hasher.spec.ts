// Proves that passwords are hashed as named, that no hash is ever right for nobody, and that the line is bounded.
import { parseOptions } from '@node-rs/argon2';
import { beforeAll, describe, expect, it } from 'vitest';
import { Argon2PasswordHasher } from './argon2-password-hasher.js';

describe('Argon2PasswordHasher', () => {
  const hasher = new Argon2PasswordHasher();
  let hash: string;

  beforeAll(async () => {
    await hasher.onModuleInit();
    hash = await hasher.hash('correct horse battery staple');
  });

  it('makes argon2id hashes with the parameters it names and a salt of their own', async () => {
    expect(hash).toMatch(/^\$argon2id\$v=19\$/);
    expect(parseOptions(hash)).toMatchObject({
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
      saltLen: 16,
    });
    expect(await hasher.hash('correct horse battery staple')).not.toBe(hash);
  });

  it('tells the right password from others', async () => {
    expect(await hasher.verify(hash, 'correct horse battery staple')).toBe(true);
    expect(await hasher.verify(hash, 'correct horse battery stapl')).toBe(false);
  });

  it('takes about as long for nobody as for somebody, and is never right', async () => {
    const spentMs = { nobody: 0, somebody: 0 };
    // In turns, so that a busy machine slows both alike.
    for (let times = 0; times < 20; times += 1) {
      const who = times % 2 === 0 ? 'nobody' : 'somebody';
      const startedAt = performance.now();
      expect(await hasher.verify(who === 'nobody' ? null : hash, 'wrong')).toBe(false);
      spentMs[who] += performance.now() - startedAt;
    }
    const ratio = spentMs.nobody / spentMs.somebody;
    expect(ratio).toBeGreaterThan(0.3);
    expect(ratio).toBeLessThan(3);
  });

  it('serves a crowd, two at a time, and refuses what does not fit in the line', async () => {
    const settled = await Promise.allSettled(
      Array.from({ length: 140 }, () => hasher.verify(null, 'x')),
    );
    const refused = settled.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ reason: { code: 'request.busy', retryAfterS: 2 } });
    expect(await hasher.verify(hash, 'correct horse battery staple')).toBe(true);
  });
});
