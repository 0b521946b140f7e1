/**
 * Reads answers of HTTP/1.1 off a connection and keeps only what the bench asks about: status, size, and the end of
 * the body. A reader for general use would cost the load tool a multiple, and the machine's cores are shared.
 */
const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
const TAIL_BYTES = 64;
const STATUS_AT = 9;
const STATUS_CHARS = 3;

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

export class AnswerReader {
  status = 0;
  bodyBytes = 0;
  /** Whether a byte of the body has come. */
  isBegun = false;
  #state = 'head';
  #rest = null;
  #tail = [];
  /** Of the body, or of the chunk under way. */
  #leftBytes = 0;

  /**
   * Takes the next bytes.
   * @returns {boolean} whether the answer is whole; then call `reset` before the next one
   * @throws {Error} where the bytes are no answer of known length
   */
  read(bytes) {
    let data = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = null;
    while (this.#state !== 'end' && data.length > 0) {
      const used = this.#step(data);
      if (used === 0) {
        this.#rest = data;
        return false;
      }
      data = data.subarray(used);
    }
    return this.#state === 'end';
  }

  /** The last bytes of the body as text. */
  tail() {
    return Buffer.concat(this.#tail).subarray(-TAIL_BYTES).toString('latin1');
  }

  reset() {
    this.status = 0;
    this.bodyBytes = 0;
    this.isBegun = false;
    this.#state = 'head';
    this.#rest = null;
    this.#tail = [];
    this.#leftBytes = 0;
  }

  /** @returns {number} how many bytes it took; 0: more are needed */
  #step(data) {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data);
      case 'body':
      case 'chunk':
        return this.#readBody(data);
      case 'chunk-size':
        return this.#readChunkSize(data);
      case 'trailer':
        return this.#readTrailer(data);
      default:
        throw new Error(`an answer went on after its end (${this.#state})`);
    }
  }

  #readHead(data) {
    const end = data.indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = data.latin1Slice(0, end);
    this.status = Number(head.slice(STATUS_AT, STATUS_AT + STATUS_CHARS));
    const length = LENGTH.exec(head);
    if (length) {
      this.#leftBytes = Number(length[1]);
      this.#state = this.#leftBytes > 0 ? 'body' : 'end';
    } else if (CHUNKED.test(head)) {
      this.#state = 'chunk-size';
    } else {
      throw new Error('an answer of unknown length');
    }
    return end + HEAD_END.length;
  }

  #readBody(data) {
    const part = data.length > this.#leftBytes ? data.subarray(0, this.#leftBytes) : data;
    this.isBegun = true;
    this.bodyBytes += part.length;
    this.#leftBytes -= part.length;
    this.#keepTail(part);
    if (this.#leftBytes === 0) this.#state = this.#state === 'body' ? 'end' : 'chunk-size';
    return part.length;
  }

  /** Also takes the line end that closes the chunk before. */
  #readChunkSize(data) {
    const from = data[0] === LINE_END.charCodeAt(0) ? LINE_END.length : 0;
    const end = data.indexOf(LINE_END, from);
    if (end < 0) return 0;
    const sizeBytes = Number.parseInt(data.latin1Slice(from, end), 16);
    if (!Number.isSafeInteger(sizeBytes)) throw new Error('a chunk without a size');
    this.#leftBytes = sizeBytes;
    this.#state = sizeBytes === 0 ? 'trailer' : 'chunk';
    return end + LINE_END.length;
  }

  #readTrailer(data) {
    const end = data.indexOf(LINE_END);
    if (end < 0) return 0;
    if (end === 0) this.#state = 'end';
    return end + LINE_END.length;
  }

  /** Parts are kept by reference; only as many as the tail needs. */
  #keepTail(part) {
    if (part.length >= TAIL_BYTES) this.#tail = [part.subarray(-TAIL_BYTES)];
    else this.#tail = [...this.#tail.slice(-TAIL_BYTES), part];
  }
}
