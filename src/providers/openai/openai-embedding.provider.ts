import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { parseJson } from '../shared/read-json.js';
import { askVendor } from '../shared/send-to-vendor.js';
import type { EmbeddingCall, EmbeddingResult } from '../spec/chat-call.js';
import type { EmbeddingProviderStrategy } from '../spec/chat-provider.strategy.js';
import { convertToOpenaiEmbeddingRequest } from './convert-to-openai-embedding-request.js';
import { mapOpenaiEmbeddingResult } from './map-openai-embedding-result.js';
import { mapOpenaiError } from './map-openai-error.js';
import { parseOpenaiEmbeddings } from './openai-embedding-api.js';
import { findOpenaiRequestId, toOpenaiEndpoint } from './openai-endpoint.js';

const PATH = '/embeddings';
/** 4,096 numbers with all their digits stay below; base64 is a fifth of it. */
const ANSWER_BYTES_PER_INPUT_MAX = 131_072;
const ANSWER_BYTES_MIN = 65_536;

/** OpenAI, Azure OpenAI and every server that speaks their embeddings API. */
export class OpenaiEmbeddingProvider implements EmbeddingProviderStrategy {
  readonly id = 'openai';
  readonly specification = 'embedding/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  async submit(call: EmbeddingCall): Promise<EmbeddingResult> {
    const exchange = this.http.open(call.credential);
    try {
      return await this.ask(call, exchange);
    } catch (error) {
      throw mapOpenaiError(error, call, exchange, this.clock.now());
    }
  }

  private async ask(call: EmbeddingCall, exchange: ProviderExchange): Promise<EmbeddingResult> {
    const model = this.catalog.findEmbeddingModel(call.model);
    const request = convertToOpenaiEmbeddingRequest(call, model);
    const { url, headers } = toOpenaiEndpoint(call.credential, PATH, call.attemptId);
    const body = JSON.stringify(request.body);
    const bytesMax = ANSWER_BYTES_MIN + call.inputs.length * ANSWER_BYTES_PER_INPUT_MAX;
    const vendorRequest = { url, headers, body, signal: call.signal };
    const whole = await askVendor(exchange, vendorRequest, bytesMax);
    const answer = parseOpenaiEmbeddings(parseJson(whole.bytes.toString('utf8')));
    if (!answer) throw new MalformedAnswerError('the answer has no list of vectors');
    const vendorRequestId = findOpenaiRequestId(whole.headers);
    return mapOpenaiEmbeddingResult(call, { answer, vendorRequestId, warnings: request.warnings });
  }
}
