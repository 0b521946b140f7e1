import type { Clock } from '../../common/clock.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { readJsonAnswer } from '../shared/read-json-answer.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { sendToVendor } from '../shared/send-to-vendor.js';
import { USAGE_UNREADABLE } from '../shared/to-result.js';
import { toVectors } from '../shared/to-vectors.js';
import type { EmbeddingCall, EmbeddingResult } from '../spec/chat-call.js';
import type { EmbeddingProviderStrategy } from '../spec/chat-provider.strategy.js';
import { ProviderError } from '../spec/provider.errors.js';
import { parseGeminiEmbeddings } from './gemini-chat-api.js';
import { toGeminiEndpoint } from './gemini-endpoint.js';
import { mapGeminiTokenUsage } from './map-gemini-chat-result.js';
import { mapGeminiError } from './map-gemini-error.js';

/** A hundred vectors of 3,072 numbers, written out, with room to spare. */
const ANSWER_BYTES_MAX = 33_554_432;
/** At this length the vendor's vectors have length 1; shorter ones are cut off and are to be made so again. */
const WHOLE_DIMENSIONS = 3_072;

/** Google's embedding models by batchEmbedContents. */
export class GeminiEmbeddingProvider implements EmbeddingProviderStrategy {
  readonly id = 'gemini';
  readonly specification = 'embedding/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  async submit(call: EmbeddingCall): Promise<EmbeddingResult> {
    const exchange: ProviderExchange = this.http.open(call.credential);
    const name = call.vendorModel ?? call.model;
    try {
      const path = `models/${encodeURIComponent(name)}:batchEmbedContents`;
      const { url, headers } = toGeminiEndpoint(call.credential, path);
      const body = JSON.stringify(toBody(call, name));
      const response = await sendToVendor(exchange, { url, headers, body, signal: call.signal });
      const answer = parseGeminiEmbeddings(await readJsonAnswer(response, ANSWER_BYTES_MAX));
      if (!answer) throw new MalformedAnswerError('an answer without embeddings');
      const vectors = toVectors(answer.values, call.inputs.length);
      const usage = answer.usage && mapGeminiTokenUsage(answer.usage);
      return {
        vectors: vectors.map(toUnit),
        usage,
        servedModel: null,
        vendorRequestId: toVendorRequestId(response.headers.get('x-goog-request-id')),
        warnings: answer.usage && !usage ? [USAGE_UNREADABLE] : [],
      };
    } catch (error) {
      throw mapGeminiError(error, call, exchange, this.clock.now());
    }
  }
}

function toBody({ inputs, dimensions, model }: EmbeddingCall, name: string): object {
  const requests = inputs.map((text) => {
    if (typeof text !== 'string') {
      const reason = 'tokens_unsupported';
      throw new ProviderError('invalid_request', { provider: 'gemini', model, reason });
    }
    const content = { parts: [{ text }] };
    const size = dimensions === null ? {} : { outputDimensionality: dimensions };
    return { model: `models/${name}`, content, ...size };
  });
  return { requests };
}

function toUnit(vector: Float32Array): Float32Array {
  if (vector.length === WHOLE_DIMENSIONS) return vector;
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
