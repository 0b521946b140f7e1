/** Of an answer that is relayed, so many bytes are remembered for counting; what follows is counted by ratio. */
const KEPT_BYTES_MAX = 262_144;
/** UTF-8 bytes of a token at the least. */
const BYTES_PER_TOKEN = 3;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** As far into an answer its form is told. */
const HEAD_BYTES = 512;
const COLON = 0x3a;
const SPACE = 0x20;
const EVENT_START = Buffer.from('data:');
/** What a model wrote stands behind these, in chunks and in whole completions alike. */
const CHAT_FIELDS = toNames('content', 'arguments', 'reasoning_content', 'refusal');
/** In the events of the Responses API: every other event repeats what these told. */
const DELTA_FIELDS = toNames('delta');
/** In a whole `response`. */
const RESPONSE_FIELDS = toNames('text', 'arguments', 'refusal', 'input');
/** Stands in the first events of a response and in no chunk of chat. */
const RESPONSE_EVENT = /"type": ?"response\.[a-z]/;
const RESPONSE_OBJECT = /"object": ?"response"/;

/**
 * Keeps an eye on an answer while it is relayed: how much it may have cost so far, and, if the vendor never says, what
 * there is to count. Keeps references, copies nothing, and looks at nothing until it has become long.
 */
export class RelayMeter {
  private parts: Buffer[] = [];
  private keptBytes = 0;
  private lookedAt = 0;
  private tokens = 0;
  /** Where texts stand in this answer; null = not looked at yet. */
  private fields: readonly Buffer[] | null = null;
  /** Bytes that were relayed. */
  bytes = 0;

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.keptBytes >= KEPT_BYTES_MAX) return;
    this.parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.keptBytes += bytes.length;
  }

  /** Whether the answer may have this many tokens by now: rather too early than too late. */
  mayHaveReached(outputTokens: number): boolean {
    if (this.bytes < outputTokens * BYTES_PER_TOKEN) return false;
    return this.toTokens() >= outputTokens;
  }

  /** Tokens so far, rather too many than too few. */
  toTokens(): number {
    while (this.lookedAt < this.parts.length) {
      const part = this.parts[this.lookedAt]!;
      this.lookedAt += 1;
      this.tokens += Math.max(
        countEvents(part),
        Math.ceil(countTextBytes(part, this.toFields()) / BYTES_PER_TOKEN),
      );
    }
    return Math.ceil(this.tokens * this.ratio);
  }

  /** What the model wrote, as far as it was kept, and how many times that it is in all. */
  toTexts(): { texts: string[]; ratio: number } {
    const fields = this.toFields();
    return { texts: this.parts.flatMap((part) => [...listTexts(part, fields)]), ratio: this.ratio };
  }

  private toFields(): readonly Buffer[] {
    const [first] = this.parts;
    if (!first) return CHAT_FIELDS;
    this.fields ??= findFields(first);
    return this.fields;
  }

  private get ratio(): number {
    return this.keptBytes === 0 ? 1 : this.bytes / this.keptBytes;
  }
}

function countEvents(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(EVENT_START); at !== -1; at = part.indexOf(EVENT_START, at + 1)) {
    count += 1;
  }
  return count;
}

function countTextBytes(part: Buffer, fields: readonly Buffer[]): number {
  let sum = 0;
  for (const [start, end] of listRanges(part, fields)) sum += end - start;
  return sum;
}

function* listTexts(part: Buffer, fields: readonly Buffer[]): Generator<string> {
  for (const [start, end] of listRanges(part, fields)) {
    const text = readText(part.toString('utf8', start - 1, end + 1));
    if (text !== '') yield text;
  }
}

/** Where the texts stand, without their quotes. */
function* listRanges(
  part: Buffer,
  fields: readonly Buffer[],
): Generator<readonly [start: number, end: number]> {
  for (const field of fields) {
    for (let at = part.indexOf(field); at !== -1;) {
      const start = findStringStart(part, at + field.length);
      const end = start === null ? at + field.length : findStringEnd(part, start);
      if (start !== null) yield [start, end];
      at = part.indexOf(field, end);
    }
  }
}

/** Behind the name of a field; null = its value is no string. */
function findStringStart(part: Buffer, from: number): number | null {
  let at = from;
  if (part[at] !== COLON) return null;
  at += 1;
  if (part[at] === SPACE) at += 1;
  return part[at] === QUOTE ? at + 1 : null;
}

function findFields(first: Buffer): readonly Buffer[] {
  const head = first.toString('latin1', 0, HEAD_BYTES);
  if (RESPONSE_EVENT.test(head)) return DELTA_FIELDS;
  return RESPONSE_OBJECT.test(head) ? RESPONSE_FIELDS : CHAT_FIELDS;
}

function toNames(...names: readonly string[]): readonly Buffer[] {
  return names.map((name) => Buffer.from(`"${name}"`));
}

function findStringEnd(part: Buffer, start: number): number {
  for (let end = part.indexOf(QUOTE, start); end !== -1; end = part.indexOf(QUOTE, end + 1)) {
    let before = end - 1;
    while (part[before] === BACKSLASH) before -= 1;
    if ((end - 1 - before) % 2 === 0) return end;
  }
  return part.length;
}

function readText(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // A string that is cut off: its length still tells.
    return quoted.slice(1);
  }
}
