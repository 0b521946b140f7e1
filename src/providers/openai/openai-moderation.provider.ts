import type { Clock } from '../../common/clock.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { parseJson } from '../shared/read-json.js';
import { askVendor } from '../shared/send-to-vendor.js';
import type { ModerationCall, ModerationResult } from '../spec/moderation-call.js';
import type { ModerationProviderStrategy } from '../spec/moderation-provider.strategy.js';
import { mapOpenaiError } from './map-openai-error.js';
import { mapOpenaiModerationResult } from './map-openai-moderation-result.js';
import { findOpenaiRequestId, toOpenaiEndpoint } from './openai-endpoint.js';
import { parseOpenaiModeration } from './openai-moderation-api.js';

const PATH = '/moderations';
/** A verdict with all its categories is under 3 KB. */
const ANSWER_BYTES_PER_VERDICT_MAX = 8_192;
const ANSWER_BYTES_MIN = 65_536;

/** OpenAI's moderation models, and servers that speak the same API. */
export class OpenaiModerationProvider implements ModerationProviderStrategy {
  readonly id = 'openai';
  readonly specification = 'moderation/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  async submit(call: ModerationCall): Promise<ModerationResult> {
    const exchange = this.http.open(call.credential);
    try {
      return await this.ask(call, exchange);
    } catch (error) {
      throw mapOpenaiError(error, call, exchange, this.clock.now());
    }
  }

  private async ask(call: ModerationCall, exchange: ProviderExchange): Promise<ModerationResult> {
    const { url, headers } = toOpenaiEndpoint(call.credential, PATH, call.attemptId);
    const body = JSON.stringify({ model: call.vendorModel ?? call.model, input: call.input });
    const bytesMax = ANSWER_BYTES_MIN + call.verdictCount * ANSWER_BYTES_PER_VERDICT_MAX;
    const vendorRequest = { url, headers, body, signal: call.signal };
    const whole = await askVendor(exchange, vendorRequest, bytesMax);
    const answer = parseOpenaiModeration(parseJson(whole.bytes.toString('utf8')));
    if (!answer) throw new MalformedAnswerError('the answer has no list of verdicts');
    return {
      verdicts: mapOpenaiModerationResult(call, answer.results),
      servedModel: answer.model,
      vendorRequestId: findOpenaiRequestId(whole.headers),
    };
  }
}
