import type { Clock } from '../../common/clock.js';
import { assertOneAnswer } from '../shared/assert-one-answer.js';
import { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { CHAT_ANSWER_BYTES_MAX } from '../shared/read-chat-json.js';
import { parseJson } from '../shared/read-json.js';
import { readJsonAnswer } from '../shared/read-json-answer.js';
import { readLines } from '../shared/read-sse-events.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import { type ChatStep, translateChat } from '../shared/translate-chat.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import {
  assertOllamaChatRequest,
  convertToOllamaChatRequest,
} from './convert-to-ollama-chat-request.js';
import { OllamaChatReader } from './map-ollama-chat-result.js';
import { mapOllamaError } from './map-ollama-error.js';
import { toOllamaEndpoint } from './ollama-endpoint.js';

/** Models on an Ollama server of one's own, or on Ollama's. */
export class OllamaChatProvider implements ChatProviderStrategy {
  readonly id = 'ollama';
  readonly specification = 'chat/1';

  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  assertRequest(request: ChatCall['request']): void {
    assertOneAnswer(request);
    assertOllamaChatRequest(request);
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    const exchange: ProviderExchange = this.http.open(call.credential);
    let hasBegun = false;
    const toError = (error: unknown) =>
      mapOllamaError(error, call, exchange, { now: this.clock.now(), hasBegun });
    try {
      const { body, warnings } = convertToOllamaChatRequest(call);
      const { url, headers } = toOllamaEndpoint(call.credential, '/api/chat');
      const { signal } = call;
      const response = await sendToVendor(exchange, { url, headers, body, signal });
      const draft = new ChatReportDraft(null, warnings);
      const steps = readSteps(call, response, draft, () => (hasBegun = true));
      return await translateChat(call, { draft, steps, clock: this.clock, toError });
    } catch (error) {
      throw toError(error);
    }
  }
}

async function* readSteps(
  call: ChatCall,
  response: StreamedResponse,
  draft: ChatReportDraft,
  onBegun: () => void,
): AsyncGenerator<ChatStep> {
  const reader = new OllamaChatReader(call, draft);
  for await (const document of call.stream ? readStream(response) : readWhole(response)) {
    yield reader.take(document);
    onBegun();
    // What is sent behind the end is nobody's.
    if (draft.finishReason !== null) return;
  }
}

async function* readStream(response: StreamedResponse): AsyncGenerator {
  try {
    for await (const line of readLines(response.content)) {
      if (line.trim() === '') continue;
      const document = parseJson(line);
      if (document === null) throw new MalformedAnswerError('a line that is no JSON');
      yield document;
    }
  } finally {
    dropRest(response);
  }
}

async function* readWhole(response: StreamedResponse): AsyncGenerator {
  yield await readJsonAnswer(response, CHAT_ANSWER_BYTES_MAX);
}
