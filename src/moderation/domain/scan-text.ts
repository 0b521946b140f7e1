/** What one look at every character tells of a text. */
export interface TextScan {
  /** Numbers of the tokens that stand in it, as `TokenTable` gave them. */
  seen: Uint8Array;
  newlines: number;
  /** ASCII signs that are neither letters, digits nor white space. */
  asciiSigns: number;
  /** UTF-16 units beyond ASCII. */
  beyondAscii: number;
  /** Whether there may be letters of other scripts than Latin. */
  hasOtherScripts: boolean;
  /** Length of the longest run of the base64 alphabet, which is that of hexadecimal digits too. */
  encodedRun: number;
  percentSigns: number;
  backslashes: number;
}

const TABLE_SIZE = 8_192;
const OTHER_SCRIPTS_FROM = 0x370;
const SPACE = 1;
const LETTER = 2;
const SIGN = 3;
const DIGIT = 4;
/** Signs of base64 and its form for URLs. */
const RUN_SIGN = 5;

const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
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
  private readonly signs = new Int16Array(128);

  constructor(tokens: Iterable<string>) {
    for (const token of tokens) this.add(token);
  }

  numberOf(token: string): number {
    return this.numbers.get(token) as number;
  }

  /** One pass over the text, nothing made but the answer. */
  scan(text: string): TextScan {
    const seen = new Uint8Array(this.numbers.size + 1);
    const { slots, hashes, signs } = this;
    let newlines = 0;
    let asciiSigns = 0;
    let beyondAscii = 0;
    let hasOtherScripts = false;
    let encodedRun = 0;
    let run = 0;
    let percentSigns = 0;
    let backslashes = 0;
    let hash = 0;
    for (let index = 0; index <= text.length; index += 1) {
      // NaN behind the end becomes 0, which ends the last token.
      const code = text.charCodeAt(index) | 0;
      const kind = code < 128 ? (KINDS[code] as number) : 0;
      if (kind === LETTER) {
        hash = (Math.imul(hash, 31) + (code | 32)) | 0;
        run += 1;
        continue;
      }
      if (hash !== 0) {
        const slot = this.find(hash, slots, hashes);
        seen[slot] = 1;
        hash = 0;
      }
      if (kind === DIGIT) {
        run += 1;
        continue;
      }
      if (kind !== RUN_SIGN) {
        if (run > encodedRun) encodedRun = run;
        run = 0;
      } else run += 1;
      if (kind === SPACE) {
        if (code === 10) newlines += 1;
        continue;
      }
      if (code >= 128) {
        beyondAscii += 1;
        if (code >= OTHER_SCRIPTS_FROM) hasOtherScripts = true;
        continue;
      }
      asciiSigns += 1;
      seen[signs[code] as number] = 1;
      if (code === 37) percentSigns += 1;
      else if (code === 92) backslashes += 1;
    }
    seen[0] = 0;
    // The end was counted as a sign.
    asciiSigns -= 1;
    return {
      seen,
      newlines,
      asciiSigns,
      beyondAscii,
      hasOtherScripts,
      encodedRun,
      percentSigns,
      backslashes,
    };
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
  private find(hash: number, slots: Int16Array, hashes: Int32Array): number {
    let slot = hash & (TABLE_SIZE - 1);
    while (slots[slot] !== 0) {
      if (hashes[slot] === hash) return slots[slot] as number;
      slot = (slot + 1) & (TABLE_SIZE - 1);
    }
    return 0;
  }
}

function toHash(word: string): number {
  let hash = 0;
  for (let index = 0; index < word.length; index += 1) {
    hash = (Math.imul(hash, 31) + word.charCodeAt(index)) | 0;
  }
  return hash;
}
