import type { Clock } from '../../common/clock.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { readJsonAnswer } from '../shared/read-json-answer.js';
import { sendToVendor } from '../shared/send-to-vendor.js';
import { USAGE_UNREADABLE } from '../shared/to-result.js';
import { toVectors } from '../shared/to-vectors.js';
import type { EmbeddingCall, EmbeddingResult } from '../spec/chat-call.js';
import type { EmbeddingProviderStrategy } from '../spec/chat-provider.strategy.js';
import { ProviderError } from '../spec/provider.errors.js';
import { mapOllamaUsage } from './map-ollama-chat-result.js';
import { mapOllamaError } from './map-ollama-error.js';
import { parseOllamaEmbeddings } from './ollama-chat-api.js';
import { toOllamaEndpoint } from './ollama-endpoint.js';

/** Two thousand vectors of 1,024 numbers, written out, with room to spare. */
const ANSWER_BYTES_MAX = 67_108_864;

/** Embedding models on an Ollama server. */
export class OllamaEmbeddingProvider implements EmbeddingProviderStrategy {
  readonly id = 'ollama';
  readonly specification = 'embedding/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  async submit(call: EmbeddingCall): Promise<EmbeddingResult> {
    const exchange: ProviderExchange = this.http.open(call.credential);
    try {
      const { url, headers } = toOllamaEndpoint(call.credential, '/api/embed');
      const body = JSON.stringify(toBody(call));
      const response = await sendToVendor(exchange, { url, headers, body, signal: call.signal });
      const answer = parseOllamaEmbeddings(await readJsonAnswer(response, ANSWER_BYTES_MAX));
      if (!answer) throw new MalformedAnswerError('an answer without embeddings');
      const isCounted = answer.inputTokens !== undefined;
      const usage = isCounted ? mapOllamaUsage(answer.inputTokens, 0) : null;
      return {
        vectors: toVectors(answer.vectors, call.inputs.length),
        usage,
        servedModel: answer.model,
        vendorRequestId: null,
        warnings: isCounted && !usage ? [USAGE_UNREADABLE] : [],
      };
    } catch (error) {
      throw mapOllamaError(error, call, exchange, { now: this.clock.now() });
    }
  }
}

function toBody({ inputs, dimensions, model, vendorModel }: EmbeddingCall): object {
  if (inputs.some((input) => typeof input !== 'string')) {
    const reason = 'tokens_unsupported';
    throw new ProviderError('invalid_request', { provider: 'ollama', model, reason });
  }
  const size = dimensions === null ? {} : { dimensions };
  return { model: vendorModel ?? model, input: inputs, ...size };
}
