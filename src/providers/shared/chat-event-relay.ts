import { DONE_EVENT } from './chat-chunk-writer.js';
import type { ChatReportDraft } from './chat-report-draft.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { readChunkFinish, VendorFault } from './read-chat-json.js';
import { type JsonRecord, parseJson, toRecord, toWord } from './read-json.js';
import { SSE_LINE_BYTES_MAX } from './read-sse-events.js';
import { readOpenaiUsage } from './token-usage.js';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EVENT = 'event:';
const FEED = Buffer.from('\n');
/** Kept of what was handed on: the last chunks say why the answer ended. */
const TAIL_BYTES = 32_768;
/** Chunks that are looked at for the model's name: Azure's first has none. */
const MODEL_TRIES_MAX = 4;
/**
 * Only pieces in which one of these stands are looked at; all others are handed on as they came. Within a text of the
 * answer a quote is escaped, so that such a sign is rarely more than what it looks like; if it is, no harm: what counts
 * is the parsed event.
 */
const SIGNS = ['"prompt_tokens"', '"error"', '[DONE]', EVENT].map((sign) => Buffer.from(sign));

/**
 * Hands on the event stream of a vendor that speaks OpenAI's form. Works on whole lines: a line that is not complete
 * waits for its rest. Takes out the usage that the caller did not ask for, sees a fault that is reported in mid-stream,
 * and gives every answer its `[DONE]`.
 */
export class ChatEventRelay {
  /** Set by a fault in mid-stream; nothing more is to be pushed. */
  fault: VendorFault | null = null;
  /** Whether `[DONE]` was handed on; nothing more is to be pushed. */
  isDone = false;
  private rest: Buffer[] = [];
  private restBytes = 0;
  /** Whether what was handed on ends with an empty line, so that a new event may follow. */
  private isEventEnd = true;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private modelTries = 0;
  private isErrorEvent = false;
  private isBlankDropped = false;

  constructor(
    private readonly report: ChatReportDraft,
    private readonly showUsage: boolean,
  ) {}

  /** What is to be handed on now; null = nothing yet. @throws MalformedAnswerError for a line beyond its bound */
  push(part: Buffer): Buffer | null {
    const end = part.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) return this.hold(part);
    const lines = end < part.length ? part.subarray(0, end) : part;
    const whole = this.rest.length > 0 ? Buffer.concat([...this.rest, lines]) : lines;
    this.rest = [];
    this.restBytes = 0;
    if (end < part.length) this.hold(part.subarray(end));
    return this.pass(whole);
  }

  /** After the last part. @throws MalformedAnswerError for a stream that ended before its answer did */
  end(): Buffer | null {
    const last = this.rest.length > 0 ? this.pass(Buffer.concat([...this.rest, FEED])) : null;
    if (this.fault || this.isDone) return last;
    this.readFinish();
    if (this.report.finishReason === null)
      throw new MalformedAnswerError('a stream without an end');
    return Buffer.concat([...(last ? [last] : []), ...(this.isEventEnd ? [] : [FEED]), DONE_EVENT]);
  }

  private hold(part: Buffer): null {
    this.rest.push(part);
    this.restBytes += part.length;
    if (this.restBytes > SSE_LINE_BYTES_MAX) throw new MalformedAnswerError('a line is too long');
    return null;
  }

  private pass(lines: Buffer): Buffer | null {
    if (this.modelTries < MODEL_TRIES_MAX && this.report.servedModel === null)
      this.readModel(lines);
    const isPlain =
      !this.isErrorEvent && !this.isBlankDropped && !SIGNS.some((sign) => lines.includes(sign));
    const kept = isPlain ? lines : this.inspect(lines);
    if (kept) this.keep(kept);
    if (this.isDone) this.readFinish();
    return kept;
  }

  /** Line by line; what is not needed is left out. */
  private inspect(lines: Buffer): Buffer | null {
    const kept: Buffer[] = [];
    for (let from = 0; from < lines.length && !this.fault && !this.isDone;) {
      const end = lines.indexOf(LINE_FEED, from) + 1;
      const line = lines.subarray(from, end);
      from = end;
      if (this.takeLine(line)) kept.push(line);
    }
    if (this.isDone) kept.push(DONE_EVENT);
    return kept.length > 0 ? Buffer.concat(kept) : null;
  }

  /** Whether the line is to be handed on. */
  private takeLine(line: Buffer): boolean {
    const isBlank = line[0] === LINE_FEED || (line[0] === CARRIAGE_RETURN && line.length === 2);
    if (isBlank) {
      const isDropped = this.isBlankDropped;
      this.isErrorEvent = false;
      this.isBlankDropped = false;
      return !isDropped;
    }
    if (line.toString('latin1', 0, EVENT.length) === EVENT) {
      this.isErrorEvent = line.toString('utf8', EVENT.length).trim() === 'error';
      return !this.isErrorEvent;
    }
    const payload = toPayload(line);
    if (payload === null) return true;
    if (payload === '[DONE]') {
      this.isDone = true;
      return false;
    }
    const isSigned = this.isErrorEvent || SIGNS.some((sign) => line.includes(sign));
    return !isSigned || this.takeEvent(payload);
  }

  private takeEvent(payload: string): boolean {
    const chunk = toRecord(parseJson(payload));
    if (!chunk) throw new MalformedAnswerError('an event that is no JSON object');
    if (this.isErrorEvent || chunk.error) {
      this.fault = new VendorFault(chunk.error ?? chunk);
      return false;
    }
    if (chunk.usage === undefined || chunk.usage === null) return true;
    this.report.takeUsage(readOpenaiUsage(chunk.usage));
    const isOnlyUsage = Array.isArray(chunk.choices) && chunk.choices.length === 0;
    this.isBlankDropped = isOnlyUsage && !this.showUsage;
    return !this.isBlankDropped;
  }

  private readModel(lines: Buffer): void {
    for (const chunk of listChunks(lines)) {
      this.modelTries += 1;
      const model = typeof chunk.model === 'string' ? toWord(chunk.model) : null;
      this.report.servedModel = model;
      if (model !== null || this.modelTries >= MODEL_TRIES_MAX) return;
    }
  }

  private keep(lines: Buffer): void {
    const beforeEnd = lines.length - (lines.at(-2) === CARRIAGE_RETURN ? 3 : 2);
    this.isEventEnd = beforeEnd < 0 || lines[beforeEnd] === LINE_FEED;
    this.tail.push(lines);
    this.tailBytes += lines.length;
    while (this.tailBytes - (this.tail[0]?.length ?? 0) >= TAIL_BYTES) {
      this.tailBytes -= this.tail.shift()?.length ?? 0;
    }
  }

  /** From the end: it is the last chunk but one or two. */
  private readFinish(): void {
    const tail = Buffer.concat(this.tail);
    this.tail = [];
    for (let end = tail.length; end > 0 && this.report.finishReason === null;) {
      const start = end < 2 ? 0 : tail.lastIndexOf(LINE_FEED, end - 2) + 1;
      const line = tail.subarray(start, end);
      if (line.includes('"finish_reason"')) {
        this.report.finishReason = readChunkFinish(parseJson(toPayload(line) ?? ''));
      }
      end = start;
    }
  }
}

/** The events of whole lines that are JSON objects. */
function* listChunks(lines: Buffer): Generator<JsonRecord> {
  for (let from = 0; from < lines.length;) {
    const end = lines.indexOf(LINE_FEED, from) + 1;
    const chunk = toRecord(parseJson(toPayload(lines.subarray(from, end)) ?? ''));
    from = end;
    if (chunk) yield chunk;
  }
}

/** Of a `data:` line; null = another line. */
function toPayload(line: Buffer): string | null {
  const text = line.toString('utf8');
  return text.startsWith('data:') ? text.slice('data:'.length).trim() : null;
}
