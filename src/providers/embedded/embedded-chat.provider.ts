import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { assertOneAnswer } from '../shared/assert-one-answer.js';
import { ChatChunkWriter, type ChatIdentity } from '../shared/chat-chunk-writer.js';
import { listUnsupportedChatOptions } from '../shared/list-unsupported-chat-options.js';
import { mapAbort } from '../shared/map-abort.js';
import { toModelLack } from '../shared/model-lack.js';
import { readChatTurns } from '../shared/read-chat-messages.js';
import { toRecord } from '../shared/read-json.js';
import { toChatCompletion } from '../shared/to-chat-completion.js';
import type { ChatCall, ChatReply, ChatReport } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { composeAnswer, type EmbeddedAnswer } from './compose-answer.js';
import { toEmbeddedChatOptions } from './embedded-chat-options.js';

const MS_PER_S = 1_000;
/** Words and the space behind them: a piece of the stream each. */
const PIECE = /\s*\S+|\s+$/g;
const SUPPORTED = [
  'provider_options',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'tools',
  'tool_choice',
  'response_format',
  // Without a model behind it nothing is left to chance.
  'temperature',
  'top_p',
];

/** Answers from the messages alone: no key, no network, no model. The same messages and seed give the same answer. */
export class EmbeddedChatProvider implements ChatProviderStrategy {
  readonly id = 'embedded';
  readonly specification = 'chat/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly clock: Clock,
  ) {}

  assertRequest(request: ChatCall['request']): void {
    assertOneAnswer(request);
    toEmbeddedChatOptions(request);
    for (const { index, parts } of readChatTurns(request)) {
      const part = parts.find(({ type }) => type !== 'text');
      if (!part) continue;
      throw toModelLack(`messages[${index}].content`, 'must be text for this model');
    }
  }

  async submit(call: ChatCall): Promise<ChatReply> {
    if (this.catalog.findChatModel(call.model)?.provider !== this.id) {
      const reason = 'model_not_found';
      throw new ProviderError('invalid_request', { ...this.toBase(call), reason });
    }
    const { request, attemptId, model } = call;
    const options = toEmbeddedChatOptions(request);
    await this.pause(call, options.delayMs);
    const answer = composeAnswer(call);
    const identity = {
      id: `chatcmpl-${attemptId}`,
      createdS: Math.floor(this.clock.now().getTime() / MS_PER_S),
      model,
    };
    const report = toReport(
      answer,
      model,
      listUnsupportedChatOptions(request, SUPPORTED, 'this model'),
    );
    const body = call.stream
      ? this.stream(call, identity, answer, options.pieceDelayMs)
      : this.whole(call, identity, answer);
    return { form: call.stream ? 'events' : 'json', body, report: () => report };
  }

  private async *whole(
    call: ChatCall,
    identity: ChatIdentity,
    answer: EmbeddedAnswer,
  ): AsyncGenerator<Uint8Array> {
    await this.pause(call, 0);
    yield toChatCompletion(identity, answer);
  }

  private async *stream(
    call: ChatCall,
    identity: ChatIdentity,
    { content, toolCalls, finishReason, usage }: EmbeddedAnswer,
    pieceDelayMs: number,
  ): AsyncGenerator<Uint8Array> {
    const streamOptions = toRecord(call.request.stream_options);
    const writer = new ChatChunkWriter(identity, streamOptions?.include_usage === true);
    await this.pause(call, 0);
    for (const [index, { id, name, argumentsText }] of toolCalls.entries()) {
      yield writer.toolCall(index, id, name);
      await this.pause(call, pieceDelayMs);
      yield writer.toolArguments(index, argumentsText);
    }
    for (const [piece] of (content ?? '').matchAll(PIECE)) {
      yield writer.text(piece);
      await this.pause(call, pieceDelayMs);
    }
    yield writer.end(finishReason, usage);
  }

  /** Between pieces the others have their turn, and an answer that nobody waits for ends. */
  private async pause(call: ChatCall, delayMs: number): Promise<void> {
    const { signal } = call;
    if (delayMs > 0) await wait(delayMs, undefined, { signal }).catch(() => undefined);
    else await nextTurn();
    if (signal.aborted) throw mapAbort(signal, this.toBase(call));
  }

  private toBase({ model }: ChatCall): { provider: string; model: string } {
    return { provider: this.id, model };
  }
}

function toReport(
  { usage, finishReason }: EmbeddedAnswer,
  servedModel: string,
  warnings: readonly ProviderWarning[],
): ChatReport {
  return { usage, servedModel, finishReason, vendorRequestId: null, warnings };
}
