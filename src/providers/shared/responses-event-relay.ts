import type { ChatReportDraft } from './chat-report-draft.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { VendorFault } from './read-chat-json.js';
import { type JsonRecord, parseJson, toRecord, toWord } from './read-json.js';
import { readResponsesUsage } from './read-responses-json.js';
import { toFinishReason } from './responses-status.js';

const NOTHING: Buffer = Buffer.alloc(0);
/** Of an event's end, as many may lie in the part before. */
const SEAM_BYTES = 3;
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
  /** The last bytes of `rest`. */
  private seam = NOTHING;

  constructor(private readonly report: ChatReportDraft) {}

  /** What is to be handed on now; null = nothing yet. @throws MalformedAnswerError for an event beyond its bound */
  push(part: Buffer): Buffer | null {
    this.restBytes += part.length;
    if (this.restBytes > EVENT_BYTES_MAX) throw new MalformedAnswerError('an event is too long');
    // Only where two parts meet is looked at again: an event of many lines would be copied for each of them.
    const seam = this.seam.length === 0 ? part : Buffer.concat([this.seam, part]);
    const end = findLastEventEnd(seam) - this.seam.length;
    if (end <= 0) {
      this.rest.push(part);
      this.seam = seam.subarray(-SEAM_BYTES);
      return null;
    }
    const last = part.subarray(0, end);
    const whole = this.rest.length === 0 ? last : Buffer.concat([...this.rest, last]);
    const rest = part.subarray(end);
    this.rest = rest.length > 0 ? [rest] : [];
    this.restBytes = rest.length;
    this.seam = rest.subarray(-SEAM_BYTES);
    return this.pass(whole);
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
