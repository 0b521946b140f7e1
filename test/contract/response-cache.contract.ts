/** What every store of answers keeps to, wherever it holds them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { CachedAnswer, ResponseCache } from '../../src/inference/cache/response-cache.port.js';

const TTL_S = 60;

export interface ResponseCacheBench {
  cache: ResponseCache;
  /** What a second process asks; the same one when answers live in one process. */
  second: ResponseCache;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function toAnswer(text: string, more: Partial<CachedAnswer> = {}): CachedAnswer {
  const bytes = Buffer.from(text);
  return { form: 'json', bytes, showsUsage: false, usage: null, keptAtMs: 1, ...more };
}

export function describeResponseCache(kind: string, open: () => Promise<ResponseCacheBench>): void {
  describe(`response cache ${kind}`, () => {
    let bench: ResponseCacheBench;
    let key: string;

    beforeEach(async () => {
      bench = await open();
      key = newId();
    });
    afterEach(() => bench.close());

    it('has nothing that was not kept', async () => {
      expect(await bench.cache.find(key)).toBeNull();
    });

    it('gives back every part of what was kept, to every process', async () => {
      const answers = [
        toAnswer('{"a":"Grüße 👋"}'),
        toAnswer('data: [DONE]\n\n', {
          form: 'events',
          showsUsage: true,
          usage: '{"prompt_tokens":1}',
          keptAtMs: 1_790_000_000_000,
          made: { model: 'gpt-4o', provider: 'openai', callId: newId() },
        }),
        toAnswer('', { bytes: Buffer.from([0, 255, 128, 13, 10, 0]) }),
        toAnswer('', { bytes: Buffer.alloc(1_048_576, 7) }),
      ];
      for (const answer of answers) {
        await bench.cache.keep(key, answer, TTL_S);
        expect(await bench.second.find(key)).toEqual(answer);
      }
    });

    it('holds one answer for each key', async () => {
      const other = newId();
      await bench.cache.keep(key, toAnswer('one'), TTL_S);
      await bench.cache.keep(other, toAnswer('two'), TTL_S);
      await bench.second.keep(key, toAnswer('three'), TTL_S);
      expect((await bench.cache.find(key))?.bytes.toString()).toBe('three');
      expect((await bench.second.find(other))?.bytes.toString()).toBe('two');
    });

    it('forgets an answer after its time, counted from when it was kept last', async () => {
      await bench.cache.keep(key, toAnswer('one'), TTL_S);
      const brief = newId();
      await bench.cache.keep(brief, toAnswer('brief'), 1);
      expect(await bench.cache.find(brief)).not.toBeNull();
      await bench.pass(1_200);
      expect(await bench.cache.find(brief)).toBeNull();
      expect(await bench.cache.find(key)).not.toBeNull();
    });
  });
}
