/** The few facts of PostgreSQL's wire protocol 3.0 that the mux needs (postgresql.org/docs/18/protocol-message-formats.html). */

/** First byte of a message from the client. */
const PARSE = 0x50;
const BIND = 0x42;
const DESCRIBE = 0x44;
const CLOSE = 0x43;
export const TERMINATE = 0x58;

/** First byte of a message from the server. */
export const READY_FOR_QUERY = 0x5a;
export const NOTIFICATION = 0x41;

/** What ReadyForQuery says of the session; PENDING is ours: a batch was sent, its ReadyForQuery is not there yet. */
export const IDLE = 0x49;
export const PENDING = 0;

/** A message is one type byte and a length that counts itself but not the type. */
const TYPE_BYTES = 1;
export const HEADER_BYTES = 5;

const STATEMENT_TARGET = 0x53;

export interface WireMessage {
  type: number;
  start: number;
  end: number;
}

/** Walks over the whole messages in the bytes; a cut-off last one is left out. */
export function* walkMessages(bytes: Buffer): Generator<WireMessage> {
  for (let start = 0; start + HEADER_BYTES <= bytes.length;) {
    const end = start + TYPE_BYTES + bytes.readInt32BE(start + TYPE_BYTES);
    if (end > bytes.length) return;
    yield { type: bytes[start]!, start, end };
    start = end;
  }
}

/** A message whose body is these parts. */
export function toMessage(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(body.length + HEADER_BYTES - TYPE_BYTES, TYPE_BYTES);
  return Buffer.concat([header, body]);
}

export function queryMessage(text: string): Buffer {
  return toMessage('Q', `${text}\0`);
}

/** Drops prepared statements; dropping one that does not exist is no error. */
export function closeStatementsMessage(names: Iterable<string>): Buffer {
  const closes = [...names].map((name) => toMessage('C', `S${name}\0`));
  return Buffer.concat([...closes, toMessage('S')]);
}

/**
 * Puts the prefix before every prepared-statement name in a client's batch, because all clients share one
 * backend and so one set of names. The unnamed statement stays unnamed. Names that are parsed go to `parsed`.
 */
export function prefixStatements(batch: Buffer, prefix: string, parsed: Set<string>): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const message of walkMessages(batch)) {
    const at = findStatementName(batch, message);
    if (at === null || batch[at] === 0) continue;
    const body = batch.subarray(message.start + HEADER_BYTES, at);
    const rest = batch.subarray(at, message.end);
    parts.push(batch.subarray(from, message.start));
    parts.push(toMessage(String.fromCharCode(message.type), body, Buffer.from(prefix), rest));
    from = message.end;
    if (message.type === PARSE)
      parsed.add(prefix + batch.toString('utf8', at, batch.indexOf(0, at)));
  }
  return parts.length === 0 ? batch : Buffer.concat([...parts, batch.subarray(from)]);
}

/** Where the message names a prepared statement; null when it names none. */
function findStatementName(batch: Buffer, { type, start }: WireMessage): number | null {
  const body = start + HEADER_BYTES;
  if (type === PARSE) return body;
  if (type === BIND) return batch.indexOf(0, body) + 1;
  if (type !== DESCRIBE && type !== CLOSE) return null;
  return batch[body] === STATEMENT_TARGET ? body + 1 : null;
}
