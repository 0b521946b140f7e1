// Proves that pictures from slow hosts together hold a request no longer than one bound, however many there are.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import type { MediaService } from '../media/media.service.js';
import type { OutboundFetchOptions } from '../outbound/outbound-fetcher.port.js';
import { OutboundFetcher } from '../outbound/outbound-fetcher.port.js';
import { fetchFailed } from '../outbound/outbound.errors.js';
import type { GenerationRequest } from './domain/generation-request.js';
import { GenerationInputs, INPUTS_TIMEOUT_MS } from './generation-inputs.js';

/** Answers just before it would be given up. */
class SlowFetcher extends OutboundFetcher {
  calls = 0;

  async fetch(_url: string, { timeoutMs }: OutboundFetchOptions) {
    this.calls += 1;
    await new Promise((resolve) => setTimeout(resolve, timeoutMs - 1));
    if (timeoutMs <= 1) throw fetchFailed('timeout');
    return {
      status: 200,
      headers: {},
      body: (async function* () {})(),
      finalUrl: '',
      discard() {},
    };
  }
}

describe('GenerationInputs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives up hosts that take their time one after the other', async () => {
    const fetcher = new SlowFetcher();
    const media = {
      stage: async (target: object) => ({ target }),
      discard: vi.fn(async () => undefined),
    };
    const config = { media: { fileLimitBytes: 1_000 } } as AppConfig;
    const inputs = new GenerationInputs(config, media as unknown as MediaService, fetcher);
    const request = {
      referenceImages: Array.from({ length: 16 }, () => ({ url: 'https://slow.example/' })),
      mask: null,
    } as unknown as GenerationRequest;
    const startedAtMs = performance.now();
    const refused = expect(inputs.prepare(request, 'generation')).rejects.toMatchObject({
      code: 'outbound.fetch_failed',
      details: { reason: 'timeout' },
    });
    await vi.runAllTimersAsync();
    await refused;
    expect(performance.now() - startedAtMs).toBeLessThanOrEqual(INPUTS_TIMEOUT_MS);
    expect(fetcher.calls).toBeLessThan(16);
    expect(media.discard).toHaveBeenCalledOnce();
  });
});
