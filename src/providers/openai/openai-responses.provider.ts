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
import type { ProviderError } from '../spec/provider.errors.js';
import type { ResponsesProviderStrategy } from '../spec/responses-provider.strategy.js';
import { mapOpenaiError } from './map-openai-error.js';
import { findOpenaiRequestId, toOpenaiEndpoint } from './openai-endpoint.js';

const PATH = '/responses';

/**
 * OpenAI's Responses API, relayed: the caller's own body, with our name of the model and our choice of form. Servers of
 * others that do not have it are asked by chat.
 */
export class OpenaiResponsesProvider implements ResponsesProviderStrategy {
  readonly id = 'openai';
  readonly specification = 'responses/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
    private readonly byChat: ResponsesProviderStrategy,
  ) {}

  /** What the vendor does not take, it says itself. */
  assertRequest(): void {
    return undefined;
  }

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
      const known = mapOpenaiError(error, call, exchange, this.clock.now());
      if (known.reason === 'not_found') return this.askByChat(call, known);
      throw known;
    }
  }

  /** @throws ProviderError that there is no such path, where the request cannot be said otherwise */
  private askByChat(call: ChatCall, missing: ProviderError): Promise<ChatReply> {
    try {
      this.byChat.assertRequest(call.request);
    } catch {
      throw missing;
    }
    return this.byChat.submit(call);
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
