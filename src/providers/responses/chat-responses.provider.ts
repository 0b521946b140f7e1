import type { Clock } from '../../common/clock.js';
import { beginBody } from '../shared/begin-body.js';
import { type JsonRecord, parseJson, toRecord, toRecords, toText } from '../shared/read-json.js';
import { readSseEvents } from '../shared/read-sse-events.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ChatCall, ChatReply, ChatReport } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { ResponsesProviderStrategy } from '../spec/responses-provider.strategy.js';
import {
  convertToChatRequest,
  toResponsesFault,
  toResponsesWarning,
} from './convert-to-chat-request.js';
import { openResponse } from './response-frame.js';
import { ResponseWriter } from './response-writer.js';

const MS_PER_S = 1_000;
const DONE = '[DONE]';

/** The Responses API at a vendor of chat: the request is said in the words of chat, and the answer in those of responses. */
export class ChatResponsesProvider implements ResponsesProviderStrategy {
  readonly id: string;
  readonly specification = 'responses/1';

  constructor(
    private readonly chat: ChatProviderStrategy,
    private readonly clock: Clock,
  ) {
    this.id = chat.id;
  }

  assertRequest(request: ChatCall['request']): void {
    const { request: asked, sources } = convertToChatRequest(request);
    try {
      this.chat.assertRequest(asked);
    } catch (error) {
      throw toResponsesFault(error, sources);
    }
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    const { request, warnings } = convertToChatRequest(call.request);
    const reply = await this.chat.submit({ ...call, request });
    const createdS = Math.floor(this.clock.now().getTime() / MS_PER_S);
    const writer = new ResponseWriter(openResponse(call, createdS), call.model);
    const write = reply.form === 'events' ? writeEvents : writeWhole;
    return {
      form: reply.form,
      body: await beginBody(this.tellFaults(write(reply, writer), call)),
      report: () => toReport(reply, warnings),
    };
  }

  /** What the strategy below handed on is its own word: that it cannot be read is the vendor's fault. */
  private async *tellFaults(
    source: AsyncGenerator<Uint8Array>,
    { model }: ChatCall,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (cause) {
      if (!(cause instanceof MalformedAnswerError)) throw cause;
      throw new ProviderError('malformed', { provider: this.id, model, cause });
    }
  }
}

async function* writeEvents(reply: ChatReply, writer: ResponseWriter): AsyncGenerator<Uint8Array> {
  let hasBegun = false;
  let finishReason: string | null = null;
  for await (const { data } of readSseEvents(reply.body)) {
    if (data === DONE) continue;
    const chunk = toRecord(parseJson(data));
    if (!chunk) throw new MalformedAnswerError('an event that is no JSON object');
    writer.model ??= toText(chunk.model);
    if (!hasBegun) writer.begin();
    hasBegun = true;
    const [choice] = toRecords(chunk.choices);
    finishReason = toText(choice?.finish_reason) ?? finishReason;
    takeMessage(writer, toRecord(choice?.delta) ?? {});
    const events = writer.take();
    if (events.length > 0) yield events;
  }
  if (!hasBegun) writer.begin();
  const { usage, finishReason: told } = reply.report();
  writer.end(finishReason ?? told, usage);
  yield writer.take();
}

async function* writeWhole(reply: ChatReply, writer: ResponseWriter): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  const completion = toRecord(parseJson(Buffer.concat(parts).toString('utf8')));
  const [choice] = toRecords(completion?.choices);
  const message = toRecord(choice?.message);
  if (!completion || !message) throw new MalformedAnswerError('an answer without a message');
  writer.model = toText(completion.model);
  takeMessage(writer, message);
  const { usage, finishReason } = reply.report();
  const response = writer.end(toText(choice?.finish_reason) ?? finishReason, usage);
  yield Buffer.from(JSON.stringify(response));
}

/** A whole message, or a delta of it. */
function takeMessage(writer: ResponseWriter, message: JsonRecord): void {
  const { reasoning_content, reasoning, content, refusal } = message;
  writer.writeText('reasoning_text', toText(reasoning_content) ?? toText(reasoning) ?? '');
  writer.writeText('output_text', toText(content) ?? '');
  writer.writeText('refusal', toText(refusal) ?? '');
  for (const [at, call] of toRecords(message.tool_calls).entries()) {
    const called = toRecord(call.function);
    writer.writeCall({
      index: typeof call.index === 'number' ? call.index : at,
      id: toText(call.id),
      name: toText(called?.name),
      argumentsText: toText(called?.arguments) ?? '',
      extraContent: toRecord(call.extra_content),
    });
  }
}

function toReport(reply: ChatReply, lost: readonly ProviderWarning[]): ChatReport {
  const told = reply.report();
  const [field] = lost;
  if (!field && told.warnings.length === 0) return told;
  return { ...told, warnings: [...lost, ...told.warnings.map(toResponsesWarning)] };
}
