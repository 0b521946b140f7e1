/** One kept-alive connection of the load tool: a request, its answer, the next request. */
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';

const TIMEOUT_MS = 30_000;

/**
 * @typedef {object} Outcome
 * @property {string | null} fault why no whole answer came; null = it did
 * @property {number} status
 * @property {number} bodyBytes
 * @property {string} tail last bytes of the body
 * @property {number} firstByteMs when the body began, on the clock of performance.now()
 */

export class WireConnection {
  #address;
  #socket = null;
  #reader = new AnswerReader();
  #whenDone = null;
  #firstByteMs = 0;

  /** @param {URL} origin */
  constructor(origin) {
    this.#address = { host: origin.hostname, port: Number(origin.port), noDelay: true };
  }

  /**
   * Sends a whole request; one at a time.
   * @param {string} request in latin1
   * @param {(outcome: Outcome) => void} whenDone
   */
  send(request, whenDone) {
    this.#whenDone = whenDone;
    this.#firstByteMs = 0;
    this.#socket ??= this.#open();
    this.#socket.write(request, 'latin1');
  }

  close() {
    this.#socket?.destroy();
  }

  #open() {
    const socket = connect(this.#address);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (bytes) => this.#take(socket, bytes));
    socket.on('error', (error) => this.#fail(socket, error.code ?? error.message));
    socket.on('close', () => this.#fail(socket, 'connection closed'));
    return socket;
  }

  #take(socket, bytes) {
    const reader = this.#reader;
    let isWhole;
    try {
      isWhole = reader.read(bytes);
    } catch (error) {
      socket.destroy(error);
      return;
    }
    if (reader.isBegun) this.#firstByteMs ||= performance.now();
    if (!isWhole) return;
    const { status, bodyBytes } = reader;
    const tail = reader.tail();
    reader.reset();
    this.#finish({ fault: null, status, bodyBytes, tail, firstByteMs: this.#firstByteMs });
  }

  /** A connection that rests may be closed by its server; the next request opens another. */
  #fail(socket, fault) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#reader.reset();
    this.#finish({ fault, status: 0, bodyBytes: 0, tail: '', firstByteMs: 0 });
  }

  #finish(outcome) {
    const whenDone = this.#whenDone;
    this.#whenDone = null;
    whenDone?.(outcome);
  }
}
