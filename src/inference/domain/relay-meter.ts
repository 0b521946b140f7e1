/** Of an answer that is relayed, so many bytes are remembered for counting; what follows is counted by ratio. */
const KEPT_BYTES_MAX = 1_048_576;
/** UTF-8 bytes of a token at the least. */
const BYTES_PER_TOKEN = 3;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EVENT_START = Buffer.from('data:');
/** What a model wrote stands behind these, in events and in whole answers alike. */
const TEXT_FIELDS = ['"content":"', '"arguments":"', '"reasoning_content":"', '"refusal":"'].map(
  (field) => Buffer.from(field),
);

/**
 * Keeps an eye on an answer while it is relayed: how much it may have cost so far, and, if the vendor never says, what
 * there is to count. Keeps references, copies nothing, and looks at nothing until it has become long.
 */
export class RelayMeter {
  private parts: Buffer[] = [];
  private keptBytes = 0;
  private lookedAt = 0;
  private tokens = 0;
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
      this.tokens += Math.max(countEvents(part), Math.ceil(countTextBytes(part) / BYTES_PER_TOKEN));
    }
    return Math.ceil(this.tokens * this.ratio);
  }

  /** What the model wrote, as far as it was kept, and how many times that it is in all. */
  toTexts(): { texts: string[]; ratio: number } {
    return { texts: this.parts.flatMap((part) => [...listTexts(part)]), ratio: this.ratio };
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

function countTextBytes(part: Buffer): number {
  let sum = 0;
  for (const [start, end] of listRanges(part)) sum += end - start;
  return sum;
}

function* listTexts(part: Buffer): Generator<string> {
  for (const [start, end] of listRanges(part)) {
    const text = readText(part.toString('utf8', start - 1, end + 1));
    if (text !== '') yield text;
  }
}

/** Where the texts stand, without their quotes. */
function* listRanges(part: Buffer): Generator<readonly [start: number, end: number]> {
  for (const field of TEXT_FIELDS) {
    for (let at = part.indexOf(field); at !== -1;) {
      const start = at + field.length;
      const end = findStringEnd(part, start);
      yield [start, end];
      at = part.indexOf(field, end);
    }
  }
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
