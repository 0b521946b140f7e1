/** A Redis server of one test, on a port of its own, that is killed and started anew. It keeps nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';

const READY_WITHIN_MS = 30_000;

export class OwnRedis {
  readonly url: string;
  private server: ChildProcess | null = null;

  private constructor(private readonly port: number) {
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await findFreePort());
    await redis.startAnew();
    return redis;
  }

  /** On the same port, and empty. */
  async startAnew(): Promise<void> {
    const address = ['--bind', '127.0.0.1', '--port', String(this.port)];
    this.server = spawn('redis-server', [...address, '--save', '', '--appendonly', 'no'], {
      stdio: 'ignore',
    });
    // Rejects where there is no such program: the machine needs redis-server for this, as well as a Redis to connect to.
    await once(this.server, 'spawn');
    const client = new Redis(this.url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    const late = setTimeout(() => client.disconnect(), READY_WITHIN_MS);
    try {
      await client.ping();
    } finally {
      clearTimeout(late);
      client.disconnect();
    }
  }

  /** Without a word to anybody. May be repeated. */
  async kill(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
}

async function findFreePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}
