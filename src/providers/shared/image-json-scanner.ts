import { Base64Decoder } from './base64-decoder.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LETTER_U = 0x75;

/** Deepest nesting of the answer; the real ones have four. */
const DEPTH_MAX = 32;
/** Everything of the answer but its pictures, in bytes. */
const SKELETON_BYTES_MAX = 1_048_576;
const SKELETON_BYTES_START = 2_048;
/** Length of `u0041`, the longest escape without its backslash. */
const UNICODE_ESCAPE_CHARS = 5;
const PICTURE_DEPTH = 3;
/** Elements of `data`; we never ask for more than a few. */
const PICTURES_MAX = 256;

/** A piece of the picture `data[index]`; `bytes` null = that picture is complete. */
export interface PicturePiece {
  index: number;
  bytes: Buffer | null;
}

interface Level {
  isObject: boolean;
  /** In an object: whether the next string is a key. */
  expectsKey: boolean;
  key: string;
  /** In an array: position of the element at hand. */
  index: number;
}

/**
 * Reads an answer of the OpenAI form, `{"data":[{"b64_json":"…"},…],…}`, in chunks cut anywhere. Pictures are decoded
 * and handed out at once; all the rest is kept as a skeleton in which each picture is an empty string, and parsed by
 * JSON.parse at the end, which also finds every fault of grammar. So memory holds one chunk and the skeleton.
 */
export class ImageJsonScanner {
  private mode: 'structure' | 'string' | 'picture' = 'structure';
  private readonly levels: Level[] = [];
  private skeleton = Buffer.allocUnsafe(SKELETON_BYTES_START);
  private skeletonBytes = 0;
  private keyStart = -1;
  private isEscaped = false;
  private decoder = new Base64Decoder();
  /** An escape inside a picture that is not complete, without its backslash; null = none open. */
  private escape: string | null = null;
  private pictureBytes = 0;

  constructor(private readonly pictureBytesMax: number) {}

  /** Appends what the chunk holds of pictures to `pieces`. @throws MalformedAnswerError */
  push(chunk: Buffer, pieces: PicturePiece[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.mode === 'picture') at = this.readPicture(chunk, at, pieces);
      else if (this.mode === 'string') at = this.readString(chunk, at);
      else this.readStructure(chunk[at++] as number);
    }
  }

  /** The whole answer with empty strings for its pictures. @throws MalformedAnswerError */
  end(): unknown {
    const text = new TextDecoder().decode(this.skeleton.subarray(0, this.skeletonBytes));
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new MalformedAnswerError('the answer is not JSON', { cause: error });
    }
  }

  private readStructure(byte: number): void {
    this.keep(byte);
    const level = this.levels.at(-1);
    if (byte === QUOTE) this.startString(level);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.open(byte === OPEN_OBJECT);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.levels.pop();
    else if (level && byte === COLON) level.expectsKey = false;
    else if (level && byte === COMMA) {
      level.expectsKey = level.isObject;
      level.index += 1;
      if (level.index === PICTURES_MAX && this.levels.length === PICTURE_DEPTH - 1) {
        throw new MalformedAnswerError('too many pictures');
      }
    }
  }

  private open(isObject: boolean): void {
    if (this.levels.length >= DEPTH_MAX) throw new MalformedAnswerError('nested too deeply');
    this.levels.push({ isObject, expectsKey: isObject, key: '', index: 0 });
  }

  private startString(level: Level | undefined): void {
    if (level?.expectsKey) {
      this.keyStart = this.skeletonBytes - 1;
      this.mode = 'string';
    } else if (this.isAtPicture()) {
      this.decoder = new Base64Decoder();
      this.pictureBytes = 0;
      this.mode = 'picture';
    } else {
      this.mode = 'string';
    }
  }

  private isAtPicture(): boolean {
    const [root, list, item] = this.levels;
    return (
      this.levels.length === PICTURE_DEPTH &&
      root?.isObject === true &&
      root.key === 'data' &&
      list?.isObject === false &&
      item?.isObject === true &&
      item.key === 'b64_json'
    );
  }

  private readString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      this.keep(byte);
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === BACKSLASH) this.isEscaped = true;
      else if (byte === QUOTE) {
        this.endString();
        return at + 1;
      }
    }
    return chunk.length;
  }

  private endString(): void {
    this.mode = 'structure';
    const level = this.levels.at(-1);
    if (this.keyStart < 0 || !level) return;
    level.key = parseKey(this.skeleton.toString('utf8', this.keyStart, this.skeletonBytes));
    this.keyStart = -1;
  }

  /** Takes the picture's characters of this chunk in one go; escapes, which some servers put before `/`, on the way. */
  private readPicture(chunk: Buffer, from: number, pieces: PicturePiece[]): number {
    let text = '';
    let at = from;
    let isEnd = false;
    while (at < chunk.length && !isEnd) {
      if (this.escape !== null) text += this.readEscape(chunk[at++] as number);
      else {
        const end = findEndOfRun(chunk, at);
        text += chunk.toString('latin1', at, end);
        isEnd = chunk[end] === QUOTE;
        if (chunk[end] === BACKSLASH) this.escape = '';
        at = Math.min(end + 1, chunk.length);
      }
    }
    this.emit(this.decoder.push(text), pieces);
    if (isEnd) this.endPicture(pieces);
    return at;
  }

  /** What the escape stands for once it is complete, else nothing yet. */
  private readEscape(byte: number): string {
    const escape = this.escape + String.fromCharCode(byte);
    this.escape = escape;
    if (escape.charCodeAt(0) === LETTER_U && escape.length < UNICODE_ESCAPE_CHARS) return '';
    this.escape = null;
    return parseEscape(escape);
  }

  private endPicture(pieces: PicturePiece[]): void {
    this.emit(this.decoder.end(), pieces);
    if (this.pictureBytes > 0) pieces.push({ index: this.pictureIndex(), bytes: null });
    this.keep(QUOTE);
    this.mode = 'structure';
  }

  private emit(bytes: Buffer, pieces: PicturePiece[]): void {
    if (bytes.length === 0) return;
    this.pictureBytes += bytes.length;
    if (this.pictureBytes > this.pictureBytesMax)
      throw new MalformedAnswerError('picture too large');
    pieces.push({ index: this.pictureIndex(), bytes });
  }

  private pictureIndex(): number {
    return this.levels[1]?.index ?? 0;
  }

  private keep(byte: number): void {
    if (this.skeletonBytes === this.skeleton.length) this.growSkeleton();
    this.skeleton[this.skeletonBytes] = byte;
    this.skeletonBytes += 1;
  }

  private growSkeleton(): void {
    if (this.skeleton.length >= SKELETON_BYTES_MAX)
      throw new MalformedAnswerError('answer too large');
    const larger = Buffer.allocUnsafe(this.skeleton.length * 2);
    this.skeleton.copy(larger);
    this.skeleton = larger;
  }
}

/** Where the run of plain characters ends: at a backslash, a quote or the chunk's end. */
function findEndOfRun(chunk: Buffer, from: number): number {
  const backslash = chunk.indexOf(BACKSLASH, from);
  const run = chunk.subarray(from, backslash < 0 ? chunk.length : backslash);
  const quote = run.indexOf(QUOTE);
  return from + (quote < 0 ? run.length : quote);
}

function parseKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch (error) {
    throw new MalformedAnswerError('a key is not JSON', { cause: error });
  }
}

function parseEscape(escape: string): string {
  try {
    return String(JSON.parse(`"\\${escape}"`));
  } catch (error) {
    throw new MalformedAnswerError('an escape is not JSON', { cause: error });
  }
}
