import { MalformedAnswerError } from './malformed-answer.error.js';

const CHARACTERS_PER_GROUP = 4;
const BYTES_PER_GROUP = 3;
/** One character alone holds six bits: less than a byte. */
const SHORTEST_LAST_GROUP = 2;
const WHITESPACE = /\s+/g;

/** Decodes base64 that comes in pieces cut anywhere. Strict about the alphabet, lenient about padding and line ends. */
export class Base64Decoder {
  /** The 0–3 characters of the group that is not complete yet. */
  private carry = '';
  private isPadded = false;

  /** The bytes of all groups that are complete now; may be empty. */
  push(piece: string): Buffer {
    const text = this.carry + piece;
    const usable = text.length - (text.length % CHARACTERS_PER_GROUP);
    const bytes = decodeGroups(text.slice(0, usable));
    // Node drops what is not base64 without a word: a result that is too short is how it shows.
    if (bytes === null) return this.pushUntidy(text);
    this.carry = text.slice(usable);
    this.notePadding(text.slice(0, usable), this.carry);
    return bytes;
  }

  /** The last bytes. @throws MalformedAnswerError when the text ended inside a byte. */
  end(): Buffer {
    const rest = this.carry;
    this.carry = '';
    if (rest.length === 0) return Buffer.alloc(0);
    const unpadded = rest.replace(/=+$/, '');
    const bytes = Buffer.from(unpadded, 'base64');
    if (
      unpadded.length < SHORTEST_LAST_GROUP ||
      bytes.length !== Math.floor((unpadded.length * BYTES_PER_GROUP) / CHARACTERS_PER_GROUP)
    ) {
      throw new MalformedAnswerError('base64 ends inside a byte');
    }
    return bytes;
  }

  private pushUntidy(text: string): Buffer {
    const tidy = text.replace(WHITESPACE, '');
    if (tidy.length === text.length) throw new MalformedAnswerError('not base64');
    this.carry = '';
    return this.push(tidy);
  }

  private notePadding(groups: string, rest: string): void {
    if (this.isPadded && groups.length > 0) throw new MalformedAnswerError('base64 after its end');
    this.isPadded ||= groups.endsWith('=');
    if (this.isPadded && rest.trim().length > 0) {
      throw new MalformedAnswerError('base64 after its end');
    }
  }
}

function decodeGroups(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const expected = (text.length / CHARACTERS_PER_GROUP) * BYTES_PER_GROUP - padding;
  return bytes.length === expected ? bytes : null;
}
