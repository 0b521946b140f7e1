/** What one look at every character tells of a text. */
export interface TextScan {
  /** Numbers of the known tokens that stand in it, each once. */
  tokens: readonly number[];
  newlines: number;
  /** ASCII signs that are neither letters, digits nor white space. */
  asciiSigns: number;
  /** UTF-16 units beyond ASCII. */
  beyondAscii: number;
  /** Those of them that are hardly letters: symbols, arrows, emoji. */
  symbols: number;
  /** Whether there may be letters of other scripts than Latin. */
  hasOtherScripts: boolean;
  /** Length of the longest run of the base64 alphabet, which is that of hexadecimal digits too. */
  encodedRun: number;
  percentSigns: number;
  backslashes: number;
}

const TABLE_SIZE = 8_192;
/** Below are the signs of Latin-1. */
const LETTERS_FROM = 0xc0;
const OTHER_SCRIPTS_FROM = 0x370;
const ASCII_SIZE = 128;
/** Makes a letter of ASCII a lower-case one. */
const LOWER = 32;
const FACTOR = 31;
const NEWLINE = 10;
const PERCENT_SIGN = 37;
const BACKSLASH = 92;
const BEYOND = 0;
const SPACE = 1;
const LETTER = 2;
const SIGN = 3;
const DIGIT = 4;
/** Signs of base64 and its form for URLs. */
const RUN_SIGN = 5;

const KINDS = Uint8Array.from({ length: ASCII_SIZE }, (_, code) => {
  const sign = String.fromCharCode(code);
  if (/[a-z]/i.test(sign)) return LETTER;
  if (/\d/.test(sign)) return DIGIT;
  if (/\s/.test(sign)) return SPACE;
  return /[+/_-]/.test(sign) ? RUN_SIGN : SIGN;
});

/** Finds known tokens by hash: one multiplication a letter, whatever their number. */
export class TokenTable {
  private readonly numbers = new Map<string, number>();
  private readonly slots = new Int16Array(TABLE_SIZE);
  private readonly hashes = new Int32Array(TABLE_SIZE);
  private readonly signs = new Int16Array(ASCII_SIZE);

  constructor(tokens: Iterable<string>) {
    for (const token of tokens) this.add(token);
  }

  numberOf(token: string): number {
    return this.numbers.get(token) as number;
  }

  /** One pass over the text. Letters, which most of it is, cost the least. */
  scan(text: string): TextScan {
    const { length } = text;
    const scan = toEmptyScan();
    const seen = new Uint8Array(this.numbers.size + 1);
    let hash = 0;
    let runStart = 0;
    let newlines = 0;
    let asciiSigns = 0;
    let highest = 0;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      const kind = code < ASCII_SIZE ? (KINDS[code] as number) : BEYOND;
      if (kind === LETTER) {
        hash = (Math.imul(hash, FACTOR) + (code | LOWER)) | 0;
        continue;
      }
      if (hash !== 0) {
        this.note(this.find(hash), seen, scan.tokens);
        hash = 0;
      }
      if (kind === DIGIT) continue;
      if (kind !== RUN_SIGN) {
        if (index - runStart > scan.encodedRun) scan.encodedRun = index - runStart;
        runStart = index + 1;
        if (code === NEWLINE) newlines += 1;
        if (kind === SPACE) continue;
        if (kind === BEYOND) {
          scan.beyondAscii += 1;
          if (code > highest) highest = code;
          if (code < LETTERS_FROM || !isLetterBlock(code)) scan.symbols += 1;
          continue;
        }
        if (code === PERCENT_SIGN) scan.percentSigns += 1;
        else if (code === BACKSLASH) scan.backslashes += 1;
      }
      asciiSigns += 1;
      this.note(this.signs[code] as number, seen, scan.tokens);
    }
    if (hash !== 0) this.note(this.find(hash), seen, scan.tokens);
    scan.encodedRun = Math.max(scan.encodedRun, length - runStart);
    scan.newlines = newlines;
    scan.asciiSigns = asciiSigns;
    scan.hasOtherScripts = highest >= OTHER_SCRIPTS_FROM;
    return scan;
  }

  private note(number: number, seen: Uint8Array, tokens: number[]): void {
    if (number === 0 || seen[number] === 1) return;
    seen[number] = 1;
    tokens.push(number);
  }

  private add(token: string): void {
    if (this.numbers.has(token)) return;
    const number = this.numbers.size + 1;
    this.numbers.set(token, number);
    if (!/^[a-z]+$/.test(token)) {
      this.signs[token.charCodeAt(0)] = number;
      return;
    }
    const hash = toHash(token);
    let slot = hash & (TABLE_SIZE - 1);
    while (this.slots[slot] !== 0) slot = (slot + 1) & (TABLE_SIZE - 1);
    this.slots[slot] = number;
    this.hashes[slot] = hash;
  }

  /** 0 = not one of ours. Two words with one hash cost a search in vain, never a miss. */
  private find(hash: number): number {
    const { slots, hashes } = this;
    let slot = hash & (TABLE_SIZE - 1);
    while (slots[slot] !== 0) {
      if (hashes[slot] === hash) return slots[slot] as number;
      slot = (slot + 1) & (TABLE_SIZE - 1);
    }
    return 0;
  }
}

function toEmptyScan(): TextScan & { tokens: number[] } {
  return {
    tokens: [],
    newlines: 0,
    asciiSigns: 0,
    beyondAscii: 0,
    symbols: 0,
    hasOtherScripts: false,
    encodedRun: 0,
    percentSigns: 0,
    backslashes: 0,
  };
}

/** Latin to Georgian, the scripts of India, and those of East Asia: nearly nothing there but letters and marks. */
function isLetterBlock(code: number): boolean {
  return code < 0x2000 || (code >= 0x3040 && code < 0xd800);
}

function toHash(word: string): number {
  let hash = 0;
  for (let index = 0; index < word.length; index += 1) {
    hash = (Math.imul(hash, FACTOR) + word.charCodeAt(index)) | 0;
  }
  return hash;
}
