/** A TCP proxy that a test can shut and open: an outage of the service behind it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface TcpGate {
  port: number;
  /** Cuts every connection and refuses new ones. May be repeated, and must be the end of every gate. */
  shut(): Promise<void>;
  /** Keeps every connection and lets nothing through any more: a line that was lost without a word. */
  freeze(): void;
  /** Lets new connections through again. */
  open(): Promise<void>;
  /** The next answers break off after this many bytes, 0 = all of it is lost: both connections are cut. */
  cutNextAnswers(count: number, afterBytes: number): void;
}

export async function createTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  const cuts = { count: 0, afterBytes: 0 };
  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      // Who is at the other end sees the loss; here it needs no answer.
      socket.on('error', () => {
        near.destroy();
        far.destroy();
      });
      socket.on('close', () => sockets.delete(socket));
    }
    let passedBytes = 0;
    const answer = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (cuts.count === 0) return done(null, chunk);
        const start = chunk.subarray(0, cuts.afterBytes - passedBytes);
        passedBytes += start.length;
        if (start.length === chunk.length) return done(null, chunk);
        cuts.count -= 1;
        near.write(start, () => near.destroy());
        far.destroy();
      },
    });
    near.pipe(far).pipe(answer).pipe(near);
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as { port: number };
  return {
    port,
    open: () => listen(port),
    cutNextAnswers: (count, afterBytes) => void Object.assign(cuts, { count, afterBytes }),
    freeze() {
      for (const socket of sockets) socket.pause();
    },
    async shut() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
