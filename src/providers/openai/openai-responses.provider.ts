import type { Clock } from '../../common/clock.js';
import { beginBody } from '../shared/begin-body.js';
import { ChatReportDraft } from '../shared/chat-report-draft.js';
import { oneChunk } from '../shared/one-chunk.js';
import type { ProviderExchange, ProviderHttp, TextRequest } from '../shared/provider-http.js';
import { CHAT_ANSWER_BYTES_MAX } from '../shared/read-chat-json.js';
import { readResponsesJson, readResponsesUsage } from '../shared/read-responses-json.js';
import { relayChatEvents } from '../shared/relay-chat-events.js';
import { ResponsesEventRelay } from '../shared/responses-event-relay.js';
import { askVendor, beginAtVendor } from '../shared/send-to-vendor.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import type { ResponsesProviderStrategy } from '../spec/responses-provider.strategy.js';
import { mapOpenaiError } from './map-openai-error.js';
import { findOpenaiRequestId, toOpenaiEndpoint } from './openai-endpoint.js';

const PATH = '/responses';

/** OpenAI's Responses API, relayed: the caller's own body, with our name of the model and our choice of form. */
export class OpenaiResponsesProvider implements ResponsesProviderStrategy {
  readonly id = 'openai';
  readonly specification = 'responses/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  async submit(call: ChatCall): Promise<ChatReply> {
    const exchange = this.http.open(call.credential);
    try {
      const request = toRequest(call);
      if (!call.stream) return await ask(exchange, request);
      const { headers, content } = await beginAtVendor(exchange, request);
      const report = new ChatReportDraft(findOpenaiRequestId(headers), []);
      const body = relayChatEvents(content, new ResponsesEventRelay(report), (error, hasBegun) =>
        mapOpenaiError(error, call, exchange, this.clock.now(), hasBegun),
      );
      return { form: 'events', body: await beginBody(body), report: () => report.toReport() };
    } catch (error) {
      throw mapOpenaiError(error, call, exchange, this.clock.now());
    }
  }
}

function toRequest(call: ChatCall): TextRequest {
  const { url, headers } = toOpenaiEndpoint(call.credential, PATH, call.attemptId);
  const { request, stream } = call;
  const body = JSON.stringify({ ...request, model: call.vendorModel ?? call.model, stream });
  return { url, headers, body, signal: call.signal };
}

async function ask(exchange: ProviderExchange, request: TextRequest): Promise<ChatReply> {
  const { headers, bytes } = await askVendor(exchange, request, CHAT_ANSWER_BYTES_MAX);
  const report = new ChatReportDraft(findOpenaiRequestId(headers), []);
  const { usage, model, finishReason } = readResponsesJson(bytes);
  report.servedModel = model;
  report.finishReason = finishReason;
  if (usage) report.takeUsage(readResponsesUsage(usage));
  return { form: 'json', body: oneChunk(bytes), report: () => report.toReport() };
}
