import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { beginBody } from '../shared/begin-body.js';
import type { ChatIdentity } from '../shared/chat-chunk-writer.js';
import { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { CHAT_ANSWER_BYTES_MAX, VendorFault } from '../shared/read-chat-json.js';
import { parseJson, toRecord } from '../shared/read-json.js';
import { readSseEvents } from '../shared/read-sse-events.js';
import { readWholeBody } from '../shared/read-whole-body.js';
import { awaitEnd } from '../shared/relay-chat-events.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import type { ChatCapabilities } from '../spec/chat-model.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import type { ProviderCredential } from '../spec/image-call.js';
import { parseAnthropicMessage } from './anthropic-chat-api.js';
import { assertAnthropicRequest, listAnthropicWarnings } from './anthropic-chat-options.js';
import { convertToAnthropicChatRequest } from './convert-to-anthropic-chat-request.js';
import { mapAnthropicChatResult } from './map-anthropic-chat-result.js';
import { mapAnthropicError } from './map-anthropic-error.js';
import { AnthropicEventTranslator } from './anthropic-event-translator.js';

const BASE_URL = 'https://api.anthropic.com';
/** The newer 2026-10-21 refuses temperature and top_p for every model, also for those that know them. */
const VERSION = '2023-06-01';
const MS_PER_S = 1_000;

/** Anthropic's Messages API, in OpenAI's words. */
export class AnthropicChatProvider implements ChatProviderStrategy {
  readonly id = 'anthropic';
  readonly specification = 'chat/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  assertRequest(request: ChatCall['request']): void {
    assertAnthropicRequest(request);
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    assertAnthropicRequest(call.request);
    const capabilities = this.catalog.findChatModel(call.model)?.capabilities ?? null;
    const exchange = this.http.open(call.credential);
    try {
      const response = await send(call, capabilities, exchange);
      const warnings = listAnthropicWarnings(call, capabilities);
      const requestId = toVendorRequestId(response.headers.get('request-id'));
      const report = new ChatReportDraft(requestId, warnings);
      const body = call.stream
        ? this.stream(call, exchange, response, report)
        : this.read(call, response, report);
      return {
        form: call.stream ? 'events' : 'json',
        body: await beginBody(body),
        report: () => report.toReport(),
      };
    } catch (error) {
      throw mapAnthropicError(error, call, exchange, this.clock.now());
    }
  }

  private async *read(
    call: ChatCall,
    response: StreamedResponse,
    report: ChatReportDraft,
  ): AsyncGenerator<Uint8Array> {
    const bytes = await readWholeBody(response.content, CHAT_ANSWER_BYTES_MAX);
    const answer = parseJson(bytes.toString('utf8'));
    const message = parseAnthropicMessage(answer);
    if (toRecord(answer)?.type === 'error') throw new VendorFault(answer);
    if (!message) throw new MalformedAnswerError('an answer that is no message');
    const identity = this.identify(call, message.model);
    yield mapAnthropicChatResult(message, identity, report);
  }

  private async *stream(
    call: ChatCall,
    exchange: ProviderExchange,
    response: StreamedResponse,
    report: ChatReportDraft,
  ): AsyncGenerator<Uint8Array> {
    const { content } = response;
    const showUsage = toRecord(call.request.stream_options)?.include_usage === true;
    const identity = this.identify(call, null);
    const translator = new AnthropicEventTranslator({ report, identity, showUsage });
    let hasBegun = false;
    try {
      for await (const event of readSseEvents(content.iterator({ destroyOnReturn: false }))) {
        for (const bytes of translator.take(event)) {
          yield bytes;
          hasBegun = true;
        }
        if (translator.isDone) return;
      }
      throw new MalformedAnswerError('a stream without an end');
    } catch (error) {
      throw mapAnthropicError(error, call, exchange, this.clock.now(), hasBegun);
    } finally {
      if (translator.isDone) awaitEnd(content);
      else dropRest(response);
    }
  }

  private identify({ attemptId, model }: ChatCall, served: string | null): ChatIdentity {
    const createdS = Math.floor(this.clock.now().getTime() / MS_PER_S);
    return { id: `chatcmpl-${attemptId}`, createdS, model: served ?? model };
  }
}

function send(
  call: ChatCall,
  capabilities: ChatCapabilities | null,
  exchange: ProviderExchange,
): Promise<StreamedResponse> {
  const { credential, signal } = call;
  const body = JSON.stringify(convertToAnthropicChatRequest(call, capabilities));
  const headers = { 'content-type': 'application/json', 'anthropic-version': VERSION };
  return sendToVendor(exchange, {
    url: toUrl(credential),
    headers: { ...headers, ...toKeyHeader(credential) },
    body,
    signal,
  });
}

/** The base as the vendor's own package has it, or with the version that OpenAI's clients are used to. */
function toUrl({ baseUrl, query }: ProviderCredential): string {
  const base = (baseUrl ?? BASE_URL).replace(/\/+$/, '').replace(/\/v1$/, '');
  const search = new URLSearchParams({ ...query }).toString();
  return `${base}/v1/messages${search === '' ? '' : `?${search}`}`;
}

function toKeyHeader({ apiKey, keyHeader }: ProviderCredential): Record<string, string> {
  if (apiKey === null) return {};
  return { [keyHeader === 'api-key' ? 'api-key' : 'x-api-key']: apiKey };
}
