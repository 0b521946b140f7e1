import type { Clock } from '../../common/clock.js';
import { assertOneAnswer } from '../shared/assert-one-answer.js';
import { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { CHAT_ANSWER_BYTES_MAX } from '../shared/read-chat-json.js';
import { parseJson } from '../shared/read-json.js';
import { readJsonAnswer } from '../shared/read-json-answer.js';
import { readSseEvents } from '../shared/read-sse-events.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import { type ChatStep, translateChat } from '../shared/translate-chat.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import {
  assertGeminiChatRequest,
  convertToGeminiChatRequest,
} from './convert-to-gemini-chat-request.js';
import { toGeminiEndpoint } from './gemini-endpoint.js';
import { GeminiChatReader } from './map-gemini-chat-result.js';
import { mapGeminiError, mapGeminiFault } from './map-gemini-error.js';

/** Google's Gemini models by generateContent. */
export class GeminiChatProvider implements ChatProviderStrategy {
  readonly id = 'gemini';
  readonly specification = 'chat/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  assertRequest(request: ChatCall['request']): void {
    assertOneAnswer(request);
    assertGeminiChatRequest(request);
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    const exchange: ProviderExchange = this.http.open(call.credential);
    const toError = (error: unknown) => mapGeminiError(error, call, exchange, this.clock.now());
    try {
      const { path, body, warnings } = convertToGeminiChatRequest(call);
      const { url, headers } = toGeminiEndpoint(call.credential, path);
      const { signal } = call;
      const response = await sendToVendor(exchange, { url, headers, body, signal });
      const requestId = toVendorRequestId(response.headers.get('x-goog-request-id'));
      const draft = new ChatReportDraft(requestId, warnings);
      const steps = this.read(call, response, draft);
      return await translateChat(call, { draft, steps, clock: this.clock, toError });
    } catch (error) {
      throw toError(error);
    }
  }

  private async *read(
    call: ChatCall,
    response: StreamedResponse,
    draft: ChatReportDraft,
  ): AsyncGenerator<ChatStep> {
    const reader = new GeminiChatReader(call, draft);
    let hasBegun = false;
    try {
      for await (const document of call.stream ? readFrames(response) : readWhole(response)) {
        yield reader.take(document);
        hasBegun = true;
      }
    } catch (error) {
      throw mapGeminiFault(error, call, hasBegun, this.clock.now());
    }
  }
}

async function* readFrames(response: StreamedResponse): AsyncGenerator {
  try {
    for await (const { data } of readSseEvents(response.content)) {
      const document = parseJson(data);
      if (document === null) throw new MalformedAnswerError('a frame that is no JSON');
      yield document;
    }
  } finally {
    dropRest(response);
  }
}

async function* readWhole(response: StreamedResponse): AsyncGenerator {
  yield await readJsonAnswer(response, CHAT_ANSWER_BYTES_MAX);
}
