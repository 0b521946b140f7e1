import { MalformedAnswerError } from './malformed-answer.error.js';

/** One line of an event stream; a vendor's longest are pieces of tool arguments. */
export const SSE_LINE_BYTES_MAX = 1_048_576;
/** All `data` lines of one event together. */
const SSE_EVENT_CHARS_MAX = 4_194_304;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface SseEvent {
  /** Null = none was named. */
  name: string | null;
  data: string;
}

/**
 * The events of a vendor's stream, for those who translate them. An event that its end cut off is given out as well:
 * whether it is whole shows when it is parsed. Comments and other fields are left out.
 * @throws MalformedAnswerError for a line or an event beyond its bound, or what the source throws
 */
export async function* readSseEvents(source: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  let name: string | null = null;
  let data: string[] = [];
  let sizeChars = 0;
  for await (const line of readLines(source)) {
    if (line === '') {
      if (data.length > 0) yield { name, data: data.join('\n') };
      name = null;
      data = [];
      sizeChars = 0;
      continue;
    }
    const [field, value] = splitField(line);
    if (field === 'event') name = value;
    if (field !== 'data') continue;
    data.push(value);
    sizeChars += value.length;
    if (sizeChars > SSE_EVENT_CHARS_MAX) throw new MalformedAnswerError('an event is too long');
  }
  if (data.length > 0) yield { name, data: data.join('\n') };
}

/** Lines without their ends, whether `\n` or `\r\n`. The last one may lack its end. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const part of source) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      const end = bytes.subarray(from, at);
      yield toLine(rest.length > 0 ? Buffer.concat([...rest, end]) : end);
      rest = [];
      restBytes = 0;
      from = at + 1;
    }
    if (from >= bytes.length) continue;
    rest.push(bytes.subarray(from));
    restBytes += bytes.length - from;
    if (restBytes > SSE_LINE_BYTES_MAX) throw new MalformedAnswerError('a line is too long');
  }
  if (rest.length > 0) yield toLine(Buffer.concat(rest));
}

function toLine(bytes: Buffer): string {
  if (bytes.length > SSE_LINE_BYTES_MAX) throw new MalformedAnswerError('a line is too long');
  const isCarried = bytes.at(-1) === CARRIAGE_RETURN;
  return bytes.toString('utf8', 0, isCarried ? bytes.length - 1 : bytes.length);
}

function splitField(line: string): [field: string, value: string] {
  const at = line.indexOf(':');
  if (at < 0) return [line, ''];
  const value = line.slice(at + 1);
  return [line.slice(0, at), value.startsWith(' ') ? value.slice(1) : value];
}
