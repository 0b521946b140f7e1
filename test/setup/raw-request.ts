/** A request written by hand on a socket, for what no client would send. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Bytes of the request that the socket had taken when the answer was complete. */
  sentBytes: number;
  isClosed: boolean;
}

export interface RawRequest {
  /** `POST /path`; the version and a Host header are added. */
  line: string;
  headers: Readonly<Record<string, string>>;
  /** Sent after the head, piece by piece, for as long as no answer has come. */
  body?: Iterable<string | Buffer>;
  /** Lines of the head as they are to be sent, in place of `line` and `headers`. */
  head?: readonly string[];
}

const ANSWER_WITHIN_MS = 5_000;
const HEAD_END = '\r\n\r\n';

/** Sends it and answers as soon as one whole answer is there; then hangs up. */
export async function sendRaw(baseUrl: string, request: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  // Being hung up on is an answer, too.
  socket.on('error', () => socket.destroy());
  const lines = request.head ?? toHead(request);
  const hasBody = !lines[0]?.startsWith('HEAD ');
  const answered = readAnswer(socket, hasBody);
  socket.write(`${lines.join('\r\n')}${HEAD_END}`, 'latin1');
  void sendBody(socket, request.body ?? [], answered);
  try {
    return await answered;
  } finally {
    socket.destroy();
  }
}

function toHead({ line, headers }: RawRequest): string[] {
  const named = Object.entries({ host: 'test', ...headers });
  return [`${line} HTTP/1.1`, ...named.map(([name, value]) => `${name}: ${value}`)];
}

async function sendBody(
  socket: Socket,
  body: Iterable<string | Buffer>,
  answered: Promise<unknown>,
): Promise<void> {
  let isAnswered = false;
  const stop = (): void => void (isAnswered = true);
  answered.then(stop, stop);
  for (const piece of body) {
    if (isAnswered || socket.destroyed) return;
    if (!socket.write(piece)) await Promise.race([answered, toDrained(socket)]);
  }
}

function toDrained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}

function readAnswer(socket: Socket, hasBody: boolean): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_WITHIN_MS);
    const finish = (isClosed: boolean): void => {
      const answer = parse(text, hasBody);
      if (!answer && !isClosed) return;
      clearTimeout(timer);
      if (answer) resolve({ ...answer, sentBytes: socket.bytesWritten, isClosed });
      else reject(new Error('hung up without an answer'));
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      finish(false);
    });
    socket.on('close', () => finish(true));
  });
}

/** Null while it is not complete. */
function parse(
  text: string,
  hasBody: boolean,
): Pick<RawAnswer, 'status' | 'headers' | 'text'> | null {
  const end = text.indexOf(HEAD_END);
  if (end === -1) return null;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const body = text.slice(end + HEAD_END.length);
  if (hasBody && Buffer.byteLength(body) < Number(headers.get('content-length') ?? 0)) return null;
  return { status: Number(statusLine.split(' ')[1]), headers, text: body };
}
