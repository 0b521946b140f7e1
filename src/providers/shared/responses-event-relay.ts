import type { ChatReportDraft } from './chat-report-draft.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { VendorFault } from './read-chat-json.js';
import { type JsonRecord, parseJson, toRecord, toWord } from './read-json.js';
import { readResponsesUsage } from './read-responses-json.js';
import { toFinishReason } from './responses-status.js';

const LINE_FEED = 0x0a;
/** The last event repeats the whole answer. */
const EVENT_BYTES_MAX = 16_777_216;
/** Only events in which one of these stands are parsed; all others are handed on as they came. */
const SIGNS = [
  '"response.completed"',
  '"response.incomplete"',
  '"response.failed"',
  '"type":"error"',
  '"type": "error"',
].map((sign) => Buffer.from(sign));

/**
 * Hands on the events of a response. Works on whole events: one that is not complete waits for its rest. Reads usage and
 * status from the last one, and sees a failure that is reported in mid-stream.
 */
export class ResponsesEventRelay {
  /** Set by a failure; nothing more is to be pushed. */
  fault: VendorFault | null = null;
  /** Whether the last event was handed on. */
  isDone = false;
  private rest: Buffer[] = [];
  private restBytes = 0;

  constructor(private readonly report: ChatReportDraft) {}

  /** What is to be handed on now; null = nothing yet. @throws MalformedAnswerError for an event beyond its bound */
  push(part: Buffer): Buffer | null {
    this.restBytes += part.length;
    if (this.restBytes > EVENT_BYTES_MAX) throw new MalformedAnswerError('an event is too long');
    this.rest.push(part);
    if (!part.includes(LINE_FEED)) return null;
    const whole = this.rest.length === 1 ? part : Buffer.concat(this.rest);
    const end = findLastEventEnd(whole);
    this.rest = end < whole.length ? [whole.subarray(end)] : [];
    this.restBytes = whole.length - end;
    return end === 0 ? null : this.pass(whole.subarray(0, end));
  }

  /** After the last part. @throws MalformedAnswerError for a stream that ended before its answer did */
  end(): Buffer | null {
    if (!this.fault && !this.isDone) throw new MalformedAnswerError('a stream without an end');
    return null;
  }

  private pass(events: Buffer): Buffer | null {
    if (!SIGNS.some((sign) => events.includes(sign))) return events;
    let kept = 0;
    for (const [start, end] of listEvents(events)) {
      this.take(events.toString('utf8', start, end));
      if (this.fault) break;
      kept = end;
      if (this.isDone) break;
    }
    return kept === 0 ? null : events.subarray(0, kept);
  }

  private take(event: string): void {
    const chunk = toRecord(parseJson(toPayload(event)));
    if (!chunk) return;
    const response = toRecord(chunk.response);
    switch (chunk.type) {
      case 'error':
        this.fault = new VendorFault(toRecord(chunk.error) ?? chunk);
        break;
      case 'response.failed':
        this.fault = new VendorFault(toRecord(response?.error) ?? chunk);
        break;
      case 'response.completed':
      case 'response.incomplete':
        this.takeEnd(response ?? {});
        break;
      default:
    }
  }

  private takeEnd(response: JsonRecord): void {
    this.isDone = true;
    this.report.servedModel = typeof response.model === 'string' ? toWord(response.model) : null;
    this.report.finishReason = toFinishReason(response);
    if (response.usage) this.report.takeUsage(readResponsesUsage(response.usage));
  }
}

/** The `data:` lines of an event, joined. */
function toPayload(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .join('\n');
}

function findLastEventEnd(bytes: Buffer): number {
  const plain = bytes.lastIndexOf('\n\n');
  const carriage = bytes.lastIndexOf('\r\n\r\n');
  return Math.max(plain === -1 ? 0 : plain + 2, carriage === -1 ? 0 : carriage + 4);
}

function* listEvents(bytes: Buffer): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < bytes.length;) {
    const plain = bytes.indexOf('\n\n', start);
    const carriage = bytes.indexOf('\r\n\r\n', start);
    const ends = [plain === -1 ? Infinity : plain + 2, carriage === -1 ? Infinity : carriage + 4];
    const end = Math.min(...ends, bytes.length);
    yield [start, end];
    start = end;
  }
}
