import { ChatChunkWriter, type ChatIdentity } from '../shared/chat-chunk-writer.js';
import type { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { VendorFault } from '../shared/read-chat-json.js';
import { type JsonRecord, parseJson, toRecord, toText, toWord } from '../shared/read-json.js';
import type { SseEvent } from '../shared/read-sse-events.js';
import { type AnthropicCounts, toBlock, toExplanation } from './anthropic-chat-api.js';
import { takeCounts, toOpenaiFinishReason } from './map-anthropic-chat-result.js';

export interface AnthropicTranslation {
  report: ChatReportDraft;
  /** Its model is that of the answer, once the vendor has told it. */
  identity: ChatIdentity;
  showUsage: boolean;
}

/** The call of a tool that is being told, and whether any of its arguments were. */
interface OpenCall {
  index: number;
  hasArguments: boolean;
}

/** One stream of the Messages API into OpenAI's chunks, event by event. */
export class AnthropicEventTranslator {
  /** Whether the answer has ended; nothing more is to be taken. */
  isDone = false;
  private writer: ChatChunkWriter;
  private counts: AnthropicCounts = {};
  private readonly openCalls = new Map<unknown, OpenCall>();
  private callsCount = 0;

  constructor(private readonly translation: AnthropicTranslation) {
    this.writer = new ChatChunkWriter(translation.identity, translation.showUsage);
  }

  /** What is to be handed on. @throws VendorFault, MalformedAnswerError */
  take({ data }: SseEvent): Buffer[] {
    const event = toRecord(parseJson(data));
    if (!event) throw new MalformedAnswerError('an event that is no JSON object');
    switch (event.type) {
      case 'message_start':
        return [this.begin(toRecord(event.message) ?? {})];
      case 'content_block_start':
        return this.openBlock(event);
      case 'content_block_delta':
        return this.addDelta(event, toRecord(event.delta) ?? {});
      case 'content_block_stop':
        return this.closeBlock(event);
      case 'message_delta':
        return this.takeEnd(event, toRecord(event.delta) ?? {});
      case 'message_stop':
        return [this.end()];
      case 'error':
        throw new VendorFault(event);
      // `ping`, and what the vendor adds in time.
      default:
        return [];
    }
  }

  private begin(message: JsonRecord): Buffer {
    const { report, identity, showUsage } = this.translation;
    report.servedModel = toWord(message.model);
    this.counts = toRecord(message.usage) ?? {};
    const model = report.servedModel ?? identity.model;
    this.writer = new ChatChunkWriter({ ...identity, model }, showUsage);
    return this.writer.delta({});
  }

  private openBlock(event: JsonRecord): Buffer[] {
    const block = toBlock(toRecord(event.content_block) ?? {});
    if (block.type === 'text') return block.text === '' ? [] : [this.writer.text(block.text)];
    if (block.type !== 'tool_use') return [];
    const index = this.callsCount;
    this.callsCount += 1;
    this.openCalls.set(event.index, { index, hasArguments: false });
    return [this.writer.toolCall(index, block.id, block.name)];
  }

  private addDelta(event: JsonRecord, delta: JsonRecord): Buffer[] {
    const text = toText(delta.text);
    if (delta.type === 'text_delta' && text !== null) return [this.writer.text(text)];
    const thought = toText(delta.thinking);
    if (delta.type === 'thinking_delta' && thought !== null) {
      return [this.writer.delta({ reasoning_content: thought })];
    }
    const piece = toText(delta.partial_json);
    const call = this.openCalls.get(event.index);
    if (delta.type !== 'input_json_delta' || piece === null || !call) return [];
    call.hasArguments = true;
    return [this.writer.toolArguments(call.index, piece)];
  }

  /** A call without arguments is `{}` with OpenAI, and nothing at all here. */
  private closeBlock({ index }: JsonRecord): Buffer[] {
    const call = this.openCalls.get(index);
    this.openCalls.delete(index);
    return call && !call.hasArguments ? [this.writer.toolArguments(call.index, '{}')] : [];
  }

  private takeEnd(event: JsonRecord, delta: JsonRecord): Buffer[] {
    const { report } = this.translation;
    report.finishReason = toOpenaiFinishReason(toWord(delta.stop_reason));
    const later = Object.entries(toRecord(event.usage) ?? {}).filter(([, count]) => count !== null);
    this.counts = { ...this.counts, ...Object.fromEntries(later) };
    const refusal = toExplanation(delta) ?? toExplanation(event);
    return refusal === null ? [] : [this.writer.delta({ refusal })];
  }

  private end(): Buffer {
    const { report } = this.translation;
    if (report.finishReason === null) throw new MalformedAnswerError('an end without a reason');
    this.isDone = true;
    takeCounts(report, this.counts);
    return this.writer.end(report.finishReason, report.usage);
  }
}
