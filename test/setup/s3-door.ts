/** Stands before a server of S3's protocol: tells what was asked of it, and answers badly where a test wants it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface SeenRequest {
  /** `PUT /pictures/incoming/x?partNumber=1…`, without what the SDK adds by itself. */
  line: string;
  headers: IncomingMessage['headers'];
}

type Trouble =
  /** As S3 does when it is asked too much. */
  | { kind: 'slow_down' }
  /** The connection ends after so many bytes of the body. */
  | { kind: 'cut_upload'; afterBytes: number }
  /** The connection ends after so many bytes of the answer. */
  | { kind: 'cut_answer'; afterBytes: number }
  | { kind: 'wait'; ms: number };

export interface S3Door {
  port: number;
  seen: SeenRequest[];
  /** The most requests that were under way at once. */
  readonly peak: number;
  /** For the next so many requests whose line matches. */
  trouble(lines: RegExp, count: number, trouble: Trouble): void;
  stop(): Promise<void>;
}

const SLOW_DOWN =
  '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';

export async function openS3Door(targetPort: number): Promise<S3Door> {
  const seen: SeenRequest[] = [];
  const troubles: { lines: RegExp; left: number; trouble: Trouble }[] = [];
  const load = { now: 0, peak: 0 };
  const findTrouble = (line: string) => {
    const found = troubles.find(({ lines, left }) => left > 0 && lines.test(line));
    if (found) found.left -= 1;
    return found?.trouble ?? null;
  };
  const server = createServer((asked, answer) => {
    load.now += 1;
    load.peak = Math.max(load.peak, load.now);
    answer.on('close', () => (load.now -= 1));
    const line = `${asked.method} ${asked.url}`.replace(/[?&]x-id=\w+/, '');
    seen.push({ line, headers: asked.headers });
    void pass(asked, answer, targetPort, findTrouble(line));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    get peak() {
      return load.peak;
    },
    trouble: (lines, count, trouble) => void troubles.push({ lines, left: count, trouble }),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function pass(
  asked: IncomingMessage,
  answer: ServerResponse,
  port: number,
  trouble: Trouble | null,
): Promise<void> {
  const hangUp = () => void answer.destroy();
  if (trouble?.kind === 'slow_down') {
    asked.resume();
    answer.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN);
    return;
  }
  if (trouble?.kind === 'cut_upload') return cutAfter(asked, trouble.afterBytes, hangUp);
  if (trouble?.kind === 'wait') await delay(trouble.ms);
  const { method, url: path, headers } = asked;
  const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  onward.on('error', hangUp);
  asked.on('error', () => onward.destroy());
  asked.pipe(onward);
  onward.on('response', (answered) => {
    answered.on('error', hangUp);
    answer.writeHead(answered.statusCode ?? 502, answered.headers);
    if (trouble?.kind === 'cut_answer') answer.flushHeaders();
    if (trouble?.kind !== 'cut_answer') answered.pipe(answer);
    else {
      answered.on('data', (chunk: Buffer) => answer.write(chunk.subarray(0, trouble.afterBytes)));
      cutAfter(answered, trouble.afterBytes, () => setTimeout(hangUp, 20));
    }
  });
}

function cutAfter(stream: IncomingMessage, bytes: number, hangUp: () => void): void {
  let passedBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    passedBytes += chunk.length;
    if (passedBytes < bytes) return;
    stream.removeAllListeners('data').resume();
    hangUp();
  });
  stream.on('end', hangUp);
}
