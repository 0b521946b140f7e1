import { Duplex } from 'node:stream';
import { IDLE, prefixStatements, walkMessages } from './pg-wire.js';

/** Most bytes a client may have sent that were not executed yet: a runaway batch, not a large value. */
const INBOX_BYTES_MAX = 128 * 1024 * 1024;
const STARTUP_LENGTH_BYTES = 4;

export interface StreamOwner {
  /** The stream has something to execute. */
  ready(stream: PgliteStream): void;
  /** The stream ended or was destroyed. */
  closed(stream: PgliteStream): void;
}

/** What `pg` takes for its socket: one client's half of the embedded database. */
export class PgliteStream extends Duplex {
  /** Whole messages that were not executed yet, in batches as the client sent them. */
  readonly inbox: Buffer[] = [];
  /** Names, as the backend knows them, of the statements this client prepared. */
  readonly statements = new Set<string>();
  /** Last word of the backend about this client's transaction. */
  status: number = IDLE;
  isGone = false;
  /** Whether it was served since it last got its turn. */
  wasServed = false;

  private isStarted = false;
  private partial: Buffer = Buffer.alloc(0);

  constructor(
    private readonly owner: StreamOwner,
    private readonly statementPrefix: string,
  ) {
    super();
  }

  /** As `net.Socket`: there is nothing to wait for. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.feed(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.feed(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _final(done: () => void): void {
    this.owner.closed(this);
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.owner.closed(this);
    done(error);
  }

  private feed(chunk: Buffer): void {
    this.partial = this.partial.length > 0 ? Buffer.concat([this.partial, chunk]) : chunk;
    if (!this.isStarted && !this.takeStartup()) return;
    this.takeMessages();
    if (this.countBytes() > INBOX_BYTES_MAX) {
      this.destroy(Object.assign(new Error('statement too large'), { code: '54000' }));
    } else if (this.inbox.length > 0) {
      this.owner.ready(this);
    }
  }

  /** The first packet has no type byte, so it is cut off before messages are read. */
  private takeStartup(): boolean {
    if (this.partial.length < STARTUP_LENGTH_BYTES) return false;
    const length = this.partial.readInt32BE(0);
    if (this.partial.length < length) return false;
    this.inbox.push(this.partial.subarray(0, length));
    this.partial = this.partial.subarray(length);
    this.isStarted = true;
    return true;
  }

  private takeMessages(): void {
    let end = 0;
    for (const message of walkMessages(this.partial)) end = message.end;
    if (end === 0) return;
    const batch = this.partial.subarray(0, end);
    this.partial = this.partial.subarray(end);
    this.inbox.push(prefixStatements(batch, this.statementPrefix, this.statements));
  }

  private countBytes(): number {
    return this.inbox.reduce((sum, batch) => sum + batch.length, this.partial.length);
  }
}
