import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { mapAbort } from '../shared/map-abort.js';
import type { EmbeddingCall, EmbeddingResult } from '../spec/chat-call.js';
import type { EmbeddingProviderStrategy } from '../spec/chat-provider.strategy.js';
import { ProviderError } from '../spec/provider.errors.js';
import { countTokens } from './count-tokens.js';
import { hashFeatures } from './hash-features.js';

/** Vectors by feature hashing: no key, no network, no model. Texts that share words and forms of words are near. */
export class EmbeddedEmbeddingProvider implements EmbeddingProviderStrategy {
  readonly id = 'embedded';
  readonly specification = 'embedding/1';

  constructor(private readonly catalog: ModelCatalogService) {}

  async submit(call: EmbeddingCall): Promise<EmbeddingResult> {
    const model = this.catalog.findEmbeddingModel(call.model);
    if (model?.provider !== this.id) throw this.toInvalid(call, 'model_not_found');
    const dimensions = call.dimensions ?? model.capabilities.dimensions;
    if (dimensions < 1 || dimensions > model.capabilities.dimensions) {
      throw this.toInvalid(call, 'dimensions_unsupported');
    }
    const vectors: Float32Array[] = [];
    let inputTokens = 0;
    for (const input of call.inputs) {
      await this.pause(call);
      const isText = typeof input === 'string';
      const text = isText ? input : toWords(input);
      vectors.push(await hashFeatures(text, dimensions, () => this.pause(call)));
      inputTokens += isText ? Math.max(1, countTokens(input)) : input.length;
    }
    return {
      vectors,
      usage: {
        inputTokens,
        cachedInputTokens: null,
        cacheWriteTokens: null,
        outputTokens: 0,
        reasoningTokens: null,
      },
      servedModel: call.model,
      vendorRequestId: null,
      warnings: [],
    };
  }

  /** Between pieces of work the others have their turn, and a call that nobody waits for ends. */
  private async pause({ model, signal }: EmbeddingCall): Promise<void> {
    await nextTurn();
    if (signal.aborted) throw mapAbort(signal, { provider: this.id, model });
  }

  private toInvalid({ model }: EmbeddingCall, reason: string): ProviderError {
    return new ProviderError('invalid_request', { provider: this.id, model, reason });
  }
}

/** Tokens of another's tokenizer are words of a language of their own: lists that share them are near. */
function toWords(tokens: readonly number[]): string {
  return tokens.map((token) => `token${token}`).join(' ');
}
