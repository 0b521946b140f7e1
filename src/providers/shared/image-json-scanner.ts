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
const LETTER_T = 0x74;
/** Elements of a list of pictures; we never ask for more than a few. */
const PICTURES_MAX = 256;
const ANY = '[]';

/** Where in a vendor's answer the pictures are. */
export interface ImageJsonForm {
  /** Keys from the root to the base64 text; `[]` = every element of a list. */
  path: readonly string[];
  /** A key beside the picture, in its element of the last list, whose `true` makes it a draft that is not handed on. */
  draftKey?: string;
  /** Strings of this key are read over: larger than all the rest, and of no use. */
  skippedKey?: string;
}

export const OPENAI_FORM: ImageJsonForm = { path: ['data', ANY, 'b64_json'] };

/** A piece of the picture of element `index` (lists within lists count on); `bytes` null = that picture is complete. */
export interface PicturePiece {
  index: number;
  bytes: Buffer | null;
  /** With the last piece: what was handed out was a draft. */
  isDraft?: boolean;
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
 * Reads an answer such as `{"data":[{"b64_json":"…"},…],…}` in chunks cut anywhere. Pictures are decoded
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
  private isSkipped = false;
  /** Levels at which an element with a picture is at hand. */
  private readonly itemDepth: number;
  private isDraft = false;
  /** A picture whose element has not ended: only then it is known whether it is a draft. */
  private hasOpenPicture = false;

  constructor(
    private readonly pictureBytesMax: number,
    private readonly form: ImageJsonForm = OPENAI_FORM,
  ) {
    this.itemDepth = form.path.lastIndexOf(ANY) + 2;
  }

  /** Appends what the chunk holds of pictures to `pieces`. @throws MalformedAnswerError */
  push(chunk: Buffer, pieces: PicturePiece[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.mode === 'picture') at = this.readPicture(chunk, at, pieces);
      else if (this.mode === 'string') at = this.readString(chunk, at);
      else this.readStructure(chunk[at++] as number, pieces);
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

  private readStructure(byte: number, pieces: PicturePiece[]): void {
    this.keep(byte);
    const level = this.levels.at(-1);
    if (byte === QUOTE) this.startString(level);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.open(byte === OPEN_OBJECT);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.close(pieces);
    else if (byte === LETTER_T) this.noteTrue(level);
    else if (level && byte === COLON) level.expectsKey = false;
    else if (level && byte === COMMA) this.startNext(level);
  }

  private startNext(level: Level): void {
    level.expectsKey = level.isObject;
    level.index += 1;
    const depth = this.levels.length;
    if (level.index === PICTURES_MAX && this.form.path[depth - 1] === ANY) {
      throw new MalformedAnswerError('too many pictures');
    }
  }

  private close(pieces: PicturePiece[]): void {
    if (this.levels.length === this.itemDepth && this.form.draftKey !== undefined) {
      if (this.hasOpenPicture) {
        pieces.push({ index: this.pictureIndex(), bytes: null, isDraft: this.isDraft });
      }
      this.hasOpenPicture = false;
      this.isDraft = false;
    }
    this.levels.pop();
  }

  /** The only word of JSON outside of strings that begins with a t. */
  private noteTrue(level: Level | undefined): void {
    const { draftKey } = this.form;
    if (draftKey === undefined || this.levels.length !== this.itemDepth) return;
    if (level?.isObject && level.key === draftKey && this.isOnPath()) this.isDraft = true;
  }

  private open(isObject: boolean): void {
    if (this.levels.length >= DEPTH_MAX) throw new MalformedAnswerError('nested too deeply');
    this.levels.push({ isObject, expectsKey: isObject, key: '', index: 0 });
  }

  private startString(level: Level | undefined): void {
    this.mode = 'string';
    if (level?.expectsKey) this.keyStart = this.skeletonBytes - 1;
    else if (this.isAtPicture()) this.startPicture();
    else this.isSkipped = level?.key === this.form.skippedKey && level?.isObject === true;
  }

  private startPicture(): void {
    if (this.hasOpenPicture) throw new MalformedAnswerError('two pictures in one element');
    this.decoder = new Base64Decoder();
    this.pictureBytes = 0;
    this.mode = 'picture';
  }

  private isAtPicture(): boolean {
    const { path } = this.form;
    return (
      this.levels.length === path.length &&
      this.levels.at(-1)?.key === path.at(-1) &&
      this.isOnPath()
    );
  }

  /** Whether the lists and objects that are open lead to a picture; what they are at, the last one apart. */
  private isOnPath(): boolean {
    const last = this.levels.length - 1;
    return this.levels.every((level, depth) => {
      const key = this.form.path[depth];
      return level.isObject ? key !== ANY && (depth === last || level.key === key) : key === ANY;
    });
  }

  private readString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (!this.isSkipped) this.keep(byte);
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
    if (this.isSkipped) this.keep(QUOTE);
    this.isSkipped = false;
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
    if (this.pictureBytes > 0) {
      if (this.form.draftKey === undefined)
        pieces.push({ index: this.pictureIndex(), bytes: null });
      else this.hasOpenPicture = !this.isDraft;
    }
    this.keep(QUOTE);
    this.mode = 'structure';
  }

  private emit(bytes: Buffer, pieces: PicturePiece[]): void {
    if (bytes.length === 0) return;
    this.pictureBytes += bytes.length;
    if (this.pictureBytes > this.pictureBytesMax)
      throw new MalformedAnswerError('picture too large');
    // What is known beforehand to be a draft is not handed out at all.
    if (!this.isDraft) pieces.push({ index: this.pictureIndex(), bytes });
  }

  private pictureIndex(): number {
    return this.levels
      .filter(({ isObject }) => !isObject)
      .reduce((sum, { index }) => sum * PICTURES_MAX + index, 0);
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
