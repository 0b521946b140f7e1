/** Proves the cache as its users see it: who shares answers, what is kept, what a hit tells. Everything in memory. */
import { beforeEach, describe, expect, it } from 'vitest';
import { StillClock } from '../../../test/fakes/still-clock.js';
import type { ModelPreferences } from '../../connections/model-preferences.js';
import { MetricsService } from '../../metrics/metrics.service.js';
import { InProcessResponseCache } from './adapters/in-process-response-cache.js';
import { AnswerCache } from './answer-cache.js';
import { CacheMetrics } from './cache-metrics.js';
import { type CachePlan, type CacheQuestion, toCacheHeaders } from './cache-plan.js';

const REQUEST = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }] };
const MODEL = { provider: 'openai', model: 'gpt-4o-mini' };
const HOUSE = { credentials: ['house'] };
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const ANSWER = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi', refusal: null },
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
  }),
);

describe('the cache of answers', () => {
  let clock: StillClock;
  let cache: AnswerCache;
  let metrics: MetricsService;
  let spaces: Record<string, { responseCacheTtlS: number | null; responseCacheEdition: number }>;

  beforeEach(() => {
    clock = new StillClock();
    metrics = new MetricsService();
    spaces = {
      ours: { responseCacheTtlS: 60, responseCacheEdition: 1 },
      theirs: { responseCacheTtlS: 60, responseCacheEdition: 1 },
      off: { responseCacheTtlS: null, responseCacheEdition: 1 },
    };
    const preferences = {
      findResponseCache: async (id: string) => spaces[id]!,
    } as unknown as ModelPreferences;
    const store = new InProcessResponseCache(clock, 1_000_000);
    cache = new AnswerCache(preferences, store, new CacheMetrics(metrics, store), clock);
  });

  async function plan(more: Partial<CacheQuestion> = {}, mode = 'use'): Promise<CachePlan> {
    const headers = { 'x-response-cache': mode };
    const question = {
      searchSpaceId: 'ours',
      route: 'chat',
      request: REQUEST,
      ...MODEL,
      ...HOUSE,
    } as const;
    return (await cache.plan({ headers, ...question, ...more }))!;
  }
  async function keep(given: CachePlan, bytes = ANSWER) {
    const recorder = cache.record(given, { form: 'json', ...MODEL });
    recorder.push(bytes);
    await recorder.finish({ usage: null });
  }

  it('is not there for requests that do not ask for it', async () => {
    expect(await cache.plan({ ...(await question()), headers: {} })).toBeNull();
    const off = { 'x-response-cache': 'off' };
    expect(await cache.plan({ ...(await question()), headers: off })).toBeNull();
    expect(toCacheHeaders(null, null)).toEqual({});
    await expect(plan({}, 'sometimes')).rejects.toThrow('x-response-cache');
  });

  it('gives a kept answer again, with its age and what the vendor counted', async () => {
    const first = await plan();
    expect(await cache.find(first, false)).toBeNull();
    expect(toCacheHeaders(first, null)).toEqual({ 'x-cache': 'MISS' });
    await keep(first);
    clock.move(12_900);
    const hit = await cache.find(await plan({ request: { ...REQUEST, user: 'bert' } }), false);
    expect(hit).toMatchObject({ form: 'json', bytes: ANSWER, ageS: 12 });
    expect(hit?.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
    expect(toCacheHeaders(first, hit)).toEqual({ 'x-cache': 'HIT', age: '12' });
  });

  it('gives it to those who stream as a stream, with the usage if they want it', async () => {
    await keep(await plan());
    const hit = await cache.find(await plan({ request: { ...REQUEST, stream: true } }), true);
    expect(hit?.form).toBe('events');
    expect(hit?.bytes.toString()).toContain('"content":"Hi"');
    expect(hit?.bytes.toString()).not.toContain('prompt_tokens');
    const wanting = { ...REQUEST, stream: true, stream_options: { include_usage: true } };
    const counted = await cache.find(await plan({ request: wanting }), true);
    expect(counted?.bytes.toString()).toContain(JSON.stringify(USAGE));
  });

  it('never gives it to another space, model or provider', async () => {
    await keep(await plan());
    for (const other of [{ searchSpaceId: 'theirs' }, { model: 'gpt-4o' }, { provider: 'azure' }]) {
      expect(await cache.find(await plan(other), false)).toBeNull();
    }
  });

  it('forgets it after its time, and at once when the space chose otherwise', async () => {
    await keep(await plan());
    spaces.ours = { responseCacheTtlS: 60, responseCacheEdition: 3 };
    expect(await cache.find(await plan(), false)).toBeNull();
    spaces.ours = { responseCacheTtlS: 60, responseCacheEdition: 1 };
    clock.move(59_999);
    expect(await cache.find(await plan(), false)).not.toBeNull();
    clock.move(2);
    expect(await cache.find(await plan(), false)).toBeNull();
  });

  it('is passed by where the space keeps nothing, and where the request cannot be told apart', async () => {
    for (const bypassed of [
      await plan({ searchSpaceId: 'off' }),
      await plan({ request: { ...REQUEST, seed: 2 ** 60 } }),
    ]) {
      expect(toCacheHeaders(bypassed, null)).toEqual({ 'x-cache': 'BYPASS' });
      await keep(bypassed);
      expect(await cache.find(bypassed, false)).toBeNull();
    }
    const text = (await metrics.render()).text;
    expect(text).toContain('atelier_response_cache_held_bytes 0');
  });

  it('asks anew and replaces what it had when told to refresh', async () => {
    await keep(await plan());
    const refresh = await plan({}, 'refresh');
    expect(await cache.find(refresh, false)).toBeNull();
    const newer = Buffer.from(ANSWER.toString().replace('"Hi"', '"Hi again"'));
    await keep(refresh, newer);
    expect((await cache.find(await plan(), false))?.bytes).toEqual(newer);
  });

  it('keeps what it has when the new answer is not worth keeping', async () => {
    await keep(await plan());
    const filtered = Buffer.from(ANSWER.toString().replace('"stop"', '"content_filter"'));
    await keep(await plan({}, 'refresh'), filtered);
    expect((await cache.find(await plan(), false))?.bytes).toEqual(ANSWER);
  });

  it('keeps nothing of a model that ran in place of the planned one', async () => {
    const planned = await plan();
    const recorder = cache.record(planned, { form: 'json', ...MODEL, model: 'gpt-4o' });
    recorder.push(ANSWER);
    await recorder.finish({ usage: null });
    expect(await cache.find(planned, false)).toBeNull();
  });

  it('counts hits, misses and bytes', async () => {
    await cache.find(await plan(), false);
    await keep(await plan());
    await cache.find(await plan(), false);
    await cache.find(await plan({}, 'refresh'), false);
    const { text } = await metrics.render();
    for (const result of ['hit', 'miss', 'refresh']) {
      expect(text).toContain(
        `atelier_response_cache_requests_total{route="chat",result="${result}"} 1`,
      );
    }
    const served = 'atelier_response_cache_served_bytes_total{route="chat"}';
    expect(text).toContain(`${served} ${ANSWER.length}`);
    expect(text).not.toContain('atelier_response_cache_held_bytes 0');
  });

  async function question(): Promise<CacheQuestion> {
    return {
      searchSpaceId: 'ours',
      headers: {},
      route: 'chat',
      request: REQUEST,
      ...MODEL,
      ...HOUSE,
    };
  }
});
