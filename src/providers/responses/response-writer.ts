import type { JsonRecord } from '../shared/read-json.js';
import type { TokenUsage } from '../spec/chat-call.js';
import { type ResponseFrame, toResponseUsage } from './response-frame.js';

/** A piece of a function call; all but the index may come late, or in pieces. */
export interface CallPiece {
  /** Among the calls of the answer, from 0. */
  index: number;
  id: string | null;
  name: string | null;
  argumentsText: string;
  extraContent: JsonRecord | null;
}

type TextKind = 'output_text' | 'refusal' | 'reasoning_text';
type Status = 'completed' | 'incomplete';

/** An item that is being written. */
interface OpenItem {
  outputIndex: number;
  id: string;
  /** Null = a call. */
  kind: TextKind | null;
  text: string;
  call: { callId: string; name: string; extraContent: JsonRecord | null } | null;
}

/**
 * Writes an answer of chat as a response while it comes: the events that tell of it in the order in which OpenAI has them,
 * and the whole at the end. A text is over when something else begins; calls are over with the answer, for their pieces
 * may come by turns.
 */
export class ResponseWriter {
  /** The model that answers, in the vendor's words; null = not told yet. */
  model: string | null = null;
  private readonly output: JsonRecord[] = [];
  private readonly calls = new Map<number, OpenItem>();
  private events: string[] = [];
  private count = 0;
  private text: (OpenItem & { kind: TextKind }) | null = null;

  constructor(
    private readonly frame: ResponseFrame,
    /** Where the vendor tells none. */
    private readonly usualModel: string,
  ) {}

  /** The events since the last time; empty = none. */
  take(): Buffer {
    const events = Buffer.from(this.events.join(''));
    this.events = [];
    return events;
  }

  begin(): void {
    const response = this.toResponse('in_progress', null, []);
    this.emit('response.created', { response });
    this.emit('response.in_progress', { response });
  }

  writeText(kind: TextKind, piece: string): void {
    if (piece === '') return;
    const item = this.text?.kind === kind ? this.text : this.openText(kind);
    item.text += piece;
    this.emit(`response.${kind}.delta`, {
      ...toPlace(item),
      content_index: 0,
      delta: piece,
      ...toLogprobs(kind),
    });
  }

  writeCall(piece: CallPiece): void {
    this.closeText('completed');
    const item = this.calls.get(piece.index) ?? this.openCall(piece);
    item.call!.extraContent ??= piece.extraContent;
    if (piece.argumentsText === '') return;
    item.text += piece.argumentsText;
    const type = 'response.function_call_arguments.delta';
    this.emit(type, { ...toPlace(item), delta: piece.argumentsText });
  }

  /** @param finishReason in the words of chat @returns the whole response */
  end(finishReason: string | null, usage: TokenUsage | null): JsonRecord {
    const reason = toIncompleteReason(finishReason);
    const status = reason === null ? 'completed' : 'incomplete';
    // An answer without a word is one.
    if (this.output.length === 0) this.openText('output_text');
    this.closeText(status);
    for (const item of this.calls.values()) this.closeCall(item, status);
    const response = this.toResponse(status, reason, this.output, usage);
    this.emit(`response.${status}`, { response });
    return response;
  }

  private openText(kind: TextKind): OpenItem & { kind: TextKind } {
    this.closeText('completed');
    const prefix = kind === 'reasoning_text' ? 'rs' : 'msg';
    const item = { ...this.open(prefix, null), kind };
    this.text = item;
    this.emitAdded(item, { ...toItem(item, 'in_progress'), content: [] });
    const place = { ...toPlace(item), content_index: 0 };
    this.emit('response.content_part.added', { ...place, part: toPart(item) });
    return item;
  }

  private closeText(status: Status): void {
    const item = this.text;
    if (!item) return;
    this.text = null;
    const { kind, text } = item;
    const place = { ...toPlace(item), content_index: 0 };
    const field = kind === 'refusal' ? 'refusal' : 'text';
    this.emit(`response.${kind}.done`, { ...place, [field]: text, ...toLogprobs(kind) });
    this.emit('response.content_part.done', { ...place, part: toPart(item) });
    this.emitDone(item, status);
  }

  private openCall({ index, id, name, extraContent }: CallPiece): OpenItem {
    const callId = id ?? `call_${this.frame.key}${index}`;
    const item = this.open('fc', { callId, name: name ?? '', extraContent });
    this.calls.set(index, item);
    this.emitAdded(item, toItem(item, 'in_progress'));
    return item;
  }

  private closeCall(item: OpenItem, status: Status): void {
    const { name = '' } = item.call ?? {};
    const type = 'response.function_call_arguments.done';
    this.emit(type, { ...toPlace(item), name, arguments: item.text });
    this.emitDone(item, status);
  }

  private open(prefix: string, call: OpenItem['call']): OpenItem {
    const outputIndex = this.output.length;
    const id = `${prefix}_${this.frame.key}${outputIndex}`;
    const item: OpenItem = { outputIndex, id, kind: null, text: '', call };
    this.output.push({});
    return item;
  }

  private emitAdded({ outputIndex }: OpenItem, item: JsonRecord): void {
    this.emit('response.output_item.added', { output_index: outputIndex, item });
  }

  private emitDone(open: OpenItem, status: Status): void {
    const item = toItem(open, status);
    this.output[open.outputIndex] = item;
    this.emit('response.output_item.done', { output_index: open.outputIndex, item });
  }

  private emit(type: string, fields: JsonRecord): void {
    const event = { type, sequence_number: this.count, ...fields };
    this.count += 1;
    this.events.push(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  private toResponse(
    status: Status | 'in_progress',
    reason: string | null,
    output: readonly JsonRecord[],
    usage: TokenUsage | null = null,
  ): JsonRecord {
    return {
      ...this.frame.fields,
      model: this.model ?? this.usualModel,
      status,
      incomplete_details: reason === null ? null : { reason },
      output,
      usage: usage && toResponseUsage(usage),
    };
  }
}

function toIncompleteReason(finishReason: string | null): string | null {
  if (finishReason === 'length') return 'max_output_tokens';
  return finishReason === 'content_filter' ? 'content_filter' : null;
}

function toPlace({ id, outputIndex }: OpenItem): JsonRecord {
  return { item_id: id, output_index: outputIndex };
}

function toLogprobs(kind: TextKind): JsonRecord {
  return kind === 'output_text' ? { logprobs: [] } : {};
}

function toPart({ kind, text }: OpenItem): JsonRecord {
  if (kind === 'refusal') return { type: kind, refusal: text };
  if (kind === 'reasoning_text') return { type: kind, text };
  return { type: kind, annotations: [], logprobs: [], text };
}

function toItem(item: OpenItem, status: Status | 'in_progress'): JsonRecord {
  const { id, kind, text, call } = item;
  if (call) {
    const { callId, name, extraContent } = call;
    const extra = extraContent && { extra_content: extraContent };
    const type = 'function_call';
    return { type, id, call_id: callId, name, arguments: text, status, ...extra };
  }
  const content = [toPart(item)];
  if (kind === 'reasoning_text') return { type: 'reasoning', id, summary: [], content, status };
  return { type: 'message', id, role: 'assistant', status, content };
}
