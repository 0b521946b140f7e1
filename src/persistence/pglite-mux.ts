import type { Duplex } from 'node:stream';
import { assert } from '../common/assert.js';
import {
  closeStatementsMessage,
  IDLE,
  NOTIFICATION,
  PENDING,
  queryMessage,
  READY_FOR_QUERY,
  HEADER_BYTES,
  TERMINATE,
  walkMessages,
} from './pg-wire.js';
import { PgliteStream, type StreamOwner } from './pglite-stream.js';

/** Work without a breath longer than this starves timers and sockets: the engine answers within a microtask. */
const BREATHE_AFTER_MS = 2;
const WATCH_EVERY_MS = 250;
const IDLE_IN_TRANSACTION_MAX_MS = 10_000;
/** More clients than any pool of this process may open. */
const STREAMS_MAX = 512;

/** The part of PGlite the mux drives. */
export interface ProtocolEngine {
  execProtocolRaw(message: Uint8Array): Promise<Uint8Array>;
  execProtocolRawSync(message: Uint8Array): Uint8Array;
}

/**
 * Lets many `pg` clients share the single session of PGlite. A client owns the session from its first message
 * until the backend says it is outside a transaction; the others wait in line. So transactions never mix, and
 * a statement on a second connection inside a transaction would wait for itself: the watchdog ends that.
 */
export class PgliteMux implements StreamOwner {
  private owner: PgliteStream | null = null;
  private readonly queue: PgliteStream[] = [];
  private readonly streams = new Set<PgliteStream>();
  private readonly watchdog: NodeJS.Timeout;
  private isRunning = false;
  private breathedAtMs = performance.now();
  private servedAtMs = performance.now();
  private streamsMade = 0;

  constructor(
    private readonly engine: ProtocolEngine,
    private readonly idleInTransactionMaxMs = IDLE_IN_TRANSACTION_MAX_MS,
  ) {
    this.watchdog = setInterval(() => this.watch(), WATCH_EVERY_MS).unref();
  }

  /** A new client's connection, for the `stream` option of `pg`. */
  stream(): Duplex {
    assert(this.streams.size < STREAMS_MAX, 'too many connections to the embedded database');
    this.streamsMade += 1;
    const stream = new PgliteStream(this, `c${this.streamsMade}_`);
    this.streams.add(stream);
    return stream;
  }

  /** Cuts off every client; nothing is executed afterwards. */
  close(): void {
    clearInterval(this.watchdog);
    for (const stream of this.streams) stream.destroy();
  }

  ready(stream: PgliteStream): void {
    if (this.owner === null || this.owner === stream) {
      this.owner = stream;
      void this.run();
    } else if (!this.queue.includes(stream)) {
      this.queue.push(stream);
    }
  }

  closed(stream: PgliteStream): void {
    if (stream.isGone) return;
    stream.isGone = true;
    stream.inbox.length = 0;
    this.streams.delete(stream);
    // Its turn is kept, or taken: what it left in the session has to be cleaned up.
    this.ready(stream);
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      for (let stream = this.owner; stream; stream = this.owner) {
        await this.breathe();
        if (stream.isGone) {
          this.cleanUp(stream);
          this.passOn(stream);
          continue;
        }
        const batch = this.takeBatch(stream);
        if (batch) await this.execute(stream, batch);
        else if (stream.status === IDLE) this.passOn(stream);
        else break;
      }
    } finally {
      this.isRunning = false;
    }
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.breathedAtMs < BREATHE_AFTER_MS) return;
    await new Promise((resume) => setImmediate(resume));
    this.breathedAtMs = performance.now();
  }

  /** Outside a transaction the others go first, even if this client has already sent its next statement. */
  private takeBatch(stream: PgliteStream): Buffer | null {
    if (stream.status === IDLE && stream.wasServed && this.queue.length > 0) return null;
    return stream.inbox.shift() ?? null;
  }

  private passOn(stream: PgliteStream): void {
    stream.wasServed = false;
    if (stream.inbox.length > 0) this.queue.push(stream);
    this.owner = this.queue.shift() ?? null;
  }

  private async execute(stream: PgliteStream, batch: Buffer): Promise<void> {
    if (batch[0] === TERMINATE) return;
    // The startup packet begins with its length, so with a zero, and needs no transaction state.
    if (batch[0] !== 0) stream.status = PENDING;
    stream.wasServed = true;
    try {
      const answer = await this.engine.execProtocolRaw(batch);
      // Copied: the engine's memory is used again by the next statement.
      this.deliver(stream, Buffer.from(answer));
    } catch (error) {
      stream.destroy(error as Error);
    }
    this.servedAtMs = performance.now();
  }

  private deliver(stream: PgliteStream, answer: Buffer): void {
    const kept: Buffer[] = [];
    let from = 0;
    for (const { type, start, end } of walkMessages(answer)) {
      if (type === READY_FOR_QUERY) stream.status = answer[start + HEADER_BYTES]!;
      if (type !== NOTIFICATION) continue;
      kept.push(answer.subarray(from, start));
      from = end;
      for (const listener of this.streams) listener.push(answer.subarray(start, end));
    }
    const own = from === 0 ? answer : Buffer.concat([...kept, answer.subarray(from)]);
    if (own.length > 0 && !stream.isGone) stream.push(own);
  }

  /** Ends what a client left behind: its open transaction and its prepared statements. */
  private cleanUp(stream: PgliteStream): void {
    try {
      if (stream.status !== IDLE) this.engine.execProtocolRawSync(queryMessage('ROLLBACK'));
      if (stream.statements.size > 0) {
        this.engine.execProtocolRawSync(closeStatementsMessage(stream.statements));
      }
    } catch {
      // The engine is gone; the next client's statement reports it to somebody who can act.
    }
    stream.status = IDLE;
    stream.statements.clear();
  }

  private watch(): void {
    const stream = this.owner;
    const idleMs = performance.now() - this.servedAtMs;
    if (!stream || this.isRunning || stream.status === IDLE || this.queue.length === 0) return;
    if (idleMs < this.idleInTransactionMaxMs) return;
    const message =
      'idle in transaction while others wait: inside a unit of work use only what its scope hands out';
    stream.destroy(Object.assign(new Error(message), { code: '25P03' }));
  }
}
