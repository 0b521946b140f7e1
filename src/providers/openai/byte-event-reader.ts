import { MalformedAnswerError } from '../shared/malformed-answer.error.js';

const LINE_FEED = 0x0a;
const COLON = 0x3a;
const CARRIAGE_RETURN = 0x0d;
const FEED = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
/** Whatever is not data: names of events, ids, comments. */
const WORD_BYTES_MAX = 65_536;
const DATA = 'data';
const EVENT = 'event';

/** One event of a stream whose data may be megabytes long. */
export interface ByteEvent {
  /** Null = none was named. */
  name: string | null;
  /** To be read once and to its end before the next event is asked for. */
  data: AsyncIterable<Buffer>;
}

interface Field {
  name: string;
  /** Whether a value follows on the same line. */
  hasValue: boolean;
}

/**
 * Reads an event stream whose data are pictures: they are handed out piece by piece as they come, so that no event ever
 * stands in memory whole. What the source throws comes out of whatever reads from it.
 */
export class ByteEventReader {
  private readonly source: AsyncIterator<Buffer>;
  private chunk: Buffer = NOTHING;
  private name: string | null = null;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next event that has data; null = the stream has ended. @throws MalformedAnswerError for an endless word */
  async next(): Promise<ByteEvent | null> {
    for (let field = await this.readField(); field !== null; field = await this.readField()) {
      if (field.name === DATA && field.hasValue) {
        return { name: this.name, data: this.readData() };
      }
      await this.takeOther(field);
    }
    return null;
  }

  /** The lines of one event's data up to its empty line, joined as the form of event streams has it. */
  private async *readData(): AsyncGenerator<Buffer> {
    yield* this.readLine();
    for (let field = await this.readField(); field !== null; field = await this.readField()) {
      const isBlank = field.name === '' && !field.hasValue;
      if (field.name === DATA && field.hasValue) {
        yield FEED;
        yield* this.readLine();
      } else await this.takeOther(field);
      if (isBlank) return;
    }
  }

  private async takeOther({ name, hasValue }: Field): Promise<void> {
    if (name === '' && !hasValue) this.name = null;
    if (!hasValue) return;
    const value = await this.readWord([LINE_FEED]);
    if (name === EVENT) this.name = value.text.trim();
  }

  private async readField(): Promise<Field | null> {
    const { text, stop } = await this.readWord([COLON, LINE_FEED]);
    if (stop === null && text === '') return null;
    return { name: text, hasValue: stop === COLON };
  }

  /** Up to one of these bytes, which is taken as well; its stop is null at the end of the stream. */
  private async readWord(stops: readonly number[]): Promise<{ text: string; stop: number | null }> {
    let text = '';
    while (await this.fill()) {
      const at = this.chunk.findIndex((byte) => stops.includes(byte));
      const end = at < 0 ? this.chunk.length : at;
      text += this.chunk.toString('latin1', 0, end);
      if (text.length > WORD_BYTES_MAX) throw new MalformedAnswerError('a line is too long');
      const stop = at < 0 ? null : (this.chunk[at] ?? null);
      this.chunk = this.chunk.subarray(at < 0 ? end : at + 1);
      if (stop !== null) return { text: withoutReturn(text), stop };
    }
    return { text, stop: null };
  }

  /** A carriage return at its end is space in JSON and left as it is. */
  private async *readLine(): AsyncGenerator<Buffer> {
    while (await this.fill()) {
      const at = this.chunk.indexOf(LINE_FEED);
      const piece = at < 0 ? this.chunk : this.chunk.subarray(0, at);
      this.chunk = at < 0 ? NOTHING : this.chunk.subarray(at + 1);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
    }
  }

  /** False = nothing is left. */
  private async fill(): Promise<boolean> {
    while (this.chunk.length === 0) {
      const next = await this.source.next();
      if (next.done) return false;
      this.chunk = next.value;
    }
    return true;
  }
}

function withoutReturn(text: string): string {
  return text.charCodeAt(text.length - 1) === CARRIAGE_RETURN ? text.slice(0, -1) : text;
}
