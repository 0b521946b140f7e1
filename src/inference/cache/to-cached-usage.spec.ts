/** Proves what the books say of a call that was answered from the cache. */
import { expect, it } from 'vitest';
import { toCachedUsage } from './to-cached-usage.js';

it('counts a call answered from the cache as a call of nobody’s money and no tokens', () => {
  const entry = toCachedUsage({
    id: 'id',
    searchSpaceId: 'space',
    userId: 'user',
    apiKeyId: 'key',
    route: 'embedding',
    provider: 'openai',
    model: 'text-embedding-3-small',
    requestedModel: 'small',
    latencyMs: 2,
  });
  expect(entry).toMatchObject({ kind: 'embedding', tier: 'free', outcome: 'cached' });
  expect(entry).toMatchObject({ list_cost_micros: 0, requested_model: 'small', latency_ms: 2 });
  expect(Object.keys(entry).filter((name) => name.includes('tokens'))).toEqual([]);
});
