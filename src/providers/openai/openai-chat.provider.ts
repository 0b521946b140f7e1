import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { beginBody } from '../shared/begin-body.js';
import { ChatEventRelay } from '../shared/chat-event-relay.js';
import { ChatReportDraft } from '../shared/chat-report-draft.js';
import { oneChunk } from '../shared/one-chunk.js';
import type { ProviderExchange, ProviderHttp, TextRequest } from '../shared/provider-http.js';
import { CHAT_ANSWER_BYTES_MAX, readChatJson } from '../shared/read-chat-json.js';
import { relayChatEvents } from '../shared/relay-chat-events.js';
import { askVendor, beginAtVendor } from '../shared/send-to-vendor.js';
import { readOpenaiUsage } from '../shared/token-usage.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import { asksForUsage, convertToOpenaiChatRequest } from './convert-to-openai-chat-request.js';
import { mapOpenaiError } from './map-openai-error.js';
import { findOpenaiRequestId, toOpenaiEndpoint } from './openai-endpoint.js';

const PATH = '/chat/completions';

/**
 * OpenAI, Azure OpenAI and every server that speaks their chat API.
 *
 * The request goes out and the answer comes in without OpenAI's own package: that would make a client for each call (a
 * client holds a credential), parse every event to an object and have us write it again, which is most of the time that
 * a gateway spends. Here bytes are handed on as they come, and only what the bill needs is read.
 */
export class OpenaiChatProvider implements ChatProviderStrategy {
  readonly id = 'openai';
  readonly specification = 'chat/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  /** Its words are the caller's words: whatever it does not take it refuses itself, naming the field. */
  assertRequest(): void {
    return undefined;
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    const exchange = this.http.open(call.credential);
    try {
      const request = this.toRequest(call);
      if (!call.stream) return await ask(exchange, request);
      const { headers, content } = await beginAtVendor(exchange, request);
      const report = new ChatReportDraft(findOpenaiRequestId(headers), []);
      const relay = new ChatEventRelay(report, asksForUsage(call.request));
      const body = relayChatEvents(content, relay, (error, hasBegun) =>
        mapOpenaiError(error, call, exchange, this.clock.now(), hasBegun),
      );
      return { form: 'events', body: await beginBody(body), report: () => report.toReport() };
    } catch (error) {
      throw mapOpenaiError(error, call, exchange, this.clock.now());
    }
  }

  private toRequest(call: ChatCall): TextRequest {
    const isListed = this.catalog.findChatModel(call.model)?.provider === this.id;
    const { url, headers } = toOpenaiEndpoint(call.credential, PATH, call.attemptId);
    const body = JSON.stringify(convertToOpenaiChatRequest(call, isListed));
    return { url, headers, body, signal: call.signal };
  }
}

/** Read to its end before it is handed on: it comes at once, and what is broken is known while it can be told. */
async function ask(exchange: ProviderExchange, request: TextRequest): Promise<ChatReply> {
  const { headers, bytes } = await askVendor(exchange, request, CHAT_ANSWER_BYTES_MAX);
  const report = new ChatReportDraft(findOpenaiRequestId(headers), []);
  const { usage, model, finishReason } = readChatJson(bytes);
  report.servedModel = model;
  report.finishReason = finishReason;
  if (usage !== undefined && usage !== null) report.takeUsage(readOpenaiUsage(usage));
  return { form: 'json', body: oneChunk(bytes), report: () => report.toReport() };
}
