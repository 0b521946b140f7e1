import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EmbeddingCall } from '../../src/providers/spec/chat-call.js';
import type { EmbeddingProviderStrategy } from '../../src/providers/spec/chat-provider.strategy.js';
import { ProviderError, type ProviderErrorKind } from '../../src/providers/spec/provider.errors.js';
import { createEmbeddingCall } from './chat-call.factory.js';

/** What a vendor may be made to do. */
export type EmbeddingFault =
  | 'unauthorized'
  | 'rate_limited'
  | 'server_error'
  | 'model_not_found'
  | 'bad_json'
  | 'too_long'
  | 'cut'
  | 'cut_body'
  | 'hang'
  | 'too_few'
  | 'uneven'
  | 'not_finite'
  | 'no_usage'
  | 'wild_usage';

export interface EmbeddingProviderTraits {
  /** Fewer dimensions that may be asked for; null = they are fixed. */
  fewerDimensions: number | null;
  /** Whether lists of tokens are taken. */
  tokens: boolean;
  /** Whether the vendor counts. */
  usage: boolean;
  faults: readonly EmbeddingFault[];
}

export interface EmbeddingProviderHarness {
  provider: EmbeddingProviderStrategy;
  base: Partial<EmbeddingCall>;
  /** Length of the model's vectors. */
  dimensions: number;
  failNext(fault: EmbeddingFault): void;
  /** Requests that reached the vendor since the last test. */
  countRequests(): number;
  reset(): void;
  stop(): Promise<void>;
}

const KINDS: Partial<Record<EmbeddingFault, ProviderErrorKind>> = {
  unauthorized: 'unauthorized',
  rate_limited: 'rate_limited',
  server_error: 'failed',
  model_not_found: 'invalid_request',
  bad_json: 'malformed',
  too_long: 'malformed',
  cut: 'unavailable',
  cut_body: 'unavailable',
  too_few: 'malformed',
  uneven: 'malformed',
  not_finite: 'malformed',
};

/** What every embedding provider keeps. Run by `embedding-provider-<vendor>.spec.ts` for each. */
export function describeEmbeddingProvider(
  name: string,
  traits: EmbeddingProviderTraits,
  start: () => Promise<EmbeddingProviderHarness>,
): void {
  describe(`${name} as an embedding provider`, () => {
    let harness: EmbeddingProviderHarness;
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness.stop());
    beforeEach(() => harness.reset());

    const prepare = (overrides: Partial<EmbeddingCall> = {}): EmbeddingCall =>
      createEmbeddingCall({ ...harness.base, ...overrides });

    const fail = async (overrides: Partial<EmbeddingCall> = {}): Promise<ProviderError> => {
      const outcome = await harness.provider
        .submit(prepare(overrides))
        .catch((error: unknown) => error);
      if (outcome instanceof ProviderError) return outcome;
      throw new Error('not a ProviderError', { cause: outcome });
    };

    it('gives one vector per text, in order, all of the model’s length', async () => {
      const inputs = ['a red fox in snow', 'the sea at night', 'a red fox in snow'];
      const result = await harness.provider.submit(prepare({ inputs }));
      const [first, second, third] = result.vectors;
      expect(result.vectors).toHaveLength(inputs.length);
      for (const vector of result.vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(harness.dimensions);
        expect(vector.every((value) => Number.isFinite(value))).toBe(true);
        expect(vector.some((value) => value !== 0)).toBe(true);
      }
      expect(third).toEqual(first);
      expect(second).not.toEqual(first);
      const single = await harness.provider.submit(prepare({ inputs: [inputs[1] ?? ''] }));
      expect(single.vectors[0]).toEqual(second);
      if (traits.usage) expect(result.usage?.inputTokens).toBeGreaterThan(0);
      expect(result.usage?.outputTokens ?? 0).toBe(0);
      expect(result.warnings).toEqual([]);
    });

    it('gives fewer dimensions when asked for them', async () => {
      const dimensions = traits.fewerDimensions ?? harness.dimensions;
      const { vectors } = await harness.provider.submit(prepare({ dimensions }));
      expect(vectors[0]).toHaveLength(dimensions);
    });

    it('takes more texts than fit into one small answer', async () => {
      const inputs = Array.from({ length: 64 }, (_, index) => `text ${index}`);
      const { vectors } = await harness.provider.submit(prepare({ inputs }));
      expect(vectors).toHaveLength(64);
      expect(new Set(vectors.map((vector) => vector.join())).size).toBe(64);
    });

    it('does nothing for a call that was canceled before it began', async () => {
      const error = await fail({ signal: AbortSignal.abort() });
      expect(error).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: false });
      expect(harness.countRequests()).toBe(0);
    });

    if (traits.tokens) {
      it('takes lists of tokens', async () => {
        const inputs = [
          [9906, 1917],
          [1, 2, 3],
        ];
        const { vectors } = await harness.provider.submit(prepare({ inputs }));
        expect(vectors).toHaveLength(2);
      });
    }

    it.each(traits.faults.filter((fault) => KINDS[fault]))(
      'knows the fault %s, and asks once',
      async (fault) => {
        harness.failNext(fault);
        const error = await fail({ inputs: ['one', 'two', 'three'] });
        expect(error).toMatchObject({ kind: KINDS[fault], provider: harness.provider.id });
        expect(harness.countRequests()).toBe(1);
      },
    );

    if (traits.faults.includes('hang')) {
      it('says that a deadline passed', async () => {
        harness.failNext('hang');
        const deadline = new AbortController();
        const ended = fail({ signal: deadline.signal });
        // Not before: a request on its way would meet the fault of the next test.
        await vi.waitFor(() => expect(harness.countRequests()).toBe(1), { timeout: 30_000 });
        deadline.abort(new DOMException('The deadline passed.', 'TimeoutError'));
        expect(await ended).toMatchObject({ kind: 'timeout' });
      });
    }
    if (traits.faults.includes('no_usage')) {
      it('says that nothing was counted', async () => {
        harness.failNext('no_usage');
        const { usage, warnings } = await harness.provider.submit(prepare());
        expect({ usage, warnings }).toEqual({ usage: null, warnings: [] });
      });
    }
    if (traits.faults.includes('wild_usage')) {
      it('does not believe a count that cannot be right', async () => {
        harness.failNext('wild_usage');
        const { usage, warnings } = await harness.provider.submit(prepare());
        expect(usage).toBeNull();
        expect(warnings.map(({ code }) => code)).toEqual(['usage_unreadable']);
      });
    }
  });
}
