// Proves that names are found in the hosts file, then by name servers, then by the operating system, and that silent
// servers hold up nobody else.
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostsFile } from './hosts-file.js';
import { SystemHostResolver } from './system-host-resolver.js';

const HEADER_BYTES = 12;
const NAME_UNKNOWN = 3;
const TYPE_A = 1;
/** Far more than one name waits for a silent server. */
const TIMEOUT_MS = 30_000;

class TestResolver extends SystemHostResolver {
  protected override readonly hosts: HostsFile;
  protected override readonly turnWithinMs = 50;
  /** Names that came to wait for the operating system, and those it was asked for. */
  readonly came: string[] = [];
  readonly asked: string[] = [];
  /** While it keeps silent. */
  silence: Promise<unknown> | null = null;
  timeoutMs = 2_000;

  constructor(
    public port: number,
    hostsFile: string,
  ) {
    super();
    this.hosts = new HostsFile(hostsFile);
  }

  protected override openServers(): Resolver {
    const servers = new Resolver({ timeout: this.timeoutMs, tries: 2 });
    servers.setServers([`127.0.0.1:${this.port}`]);
    return servers;
  }

  protected override lookUp(hostname: string): Promise<string[]> {
    this.came.push(hostname);
    return super.lookUp(hostname);
  }

  protected override async ask(hostname: string): Promise<string[]> {
    this.asked.push(hostname);
    if (!this.silence) return super.ask(hostname);
    await this.silence;
    return ['203.0.113.9'];
  }
}

/** The answer of a name server: silence for names of silent.test, an address for known.test, no such name for others. */
function toReply(query: Buffer): Buffer | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += size + 1;
  }
  const name = labels.join('.').toLowerCase();
  if (name.endsWith('silent.test')) return null;
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(HEADER_BYTES, at + 5);
  const isKnown = name === 'known.test';
  const hasAnswer = isKnown && type === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | (isKnown ? 0 : NAME_UNKNOWN), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7]);
  return Buffer.concat(hasAnswer ? [header, question, answer] : [header, question]);
}

describe('a host name', () => {
  let server: Socket;
  let resolver: TestResolver;
  let folder: string;
  let hostsFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier-hosts-'));
    hostsFile = join(folder, 'hosts');
    server = createSocket('udp4');
    server.on('message', (query, { port, address }) => {
      const reply = toReply(query);
      if (reply) server.send(reply, port, address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    resolver = new TestResolver(server.address().port, hostsFile);
  });
  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it('has the addresses that a name server tells, of either family', async () => {
    expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
  });

  it('is looked up by the operating system when no name server knows it', async () => {
    const addresses = await resolver.resolve('localhost');
    expect(addresses.some((one) => one === '127.0.0.1' || one === '::1')).toBe(true);
    expect(resolver.asked).toEqual(['localhost']);
  });

  it('is found in the hosts file before anybody is asked, as that stands now', async () => {
    await writeFile(
      hostsFile,
      '# 10.0.0.1 known.test\n10.0.0.2\tKnown.test gpu # 10.0.0.3 gpu\nfd00::2 gpu\nnot an address gpu\n',
    );
    expect(await resolver.resolve('known.test')).toEqual(['10.0.0.2']);
    expect(await resolver.resolve('GPU')).toEqual(['10.0.0.2', 'fd00::2']);
    await writeFile(hostsFile, '10.0.0.30 gpu.silent.test\n');
    expect(await resolver.resolve('gpu.silent.test')).toEqual(['10.0.0.30']);
    expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
    await rm(hostsFile);
    expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
    expect(resolver.asked).toEqual([]);
  });

  it('is asked of the servers that the machine has by then, once the old ones keep silent', async () => {
    const { port } = resolver;
    const deaf = createSocket('udp4').bind(0, '127.0.0.1');
    await once(deaf, 'listening');
    [resolver.port, resolver.timeoutMs] = [deaf.address().port, 100];
    await expect(resolver.resolve('known.test')).rejects.toMatchObject({ code: 'ETIMEOUT' });
    [resolver.port, resolver.timeoutMs] = [port, 2_000];
    expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
    deaf.close();
  });

  it('is not looked up any more when its turn comes after whoever asked has left', async () => {
    let speak: (value?: unknown) => void = () => undefined;
    resolver.silence = new Promise((resolve) => (speak = resolve));
    const first = resolver.resolve('first.test');
    await expect.poll(() => resolver.asked, { timeout: TIMEOUT_MS }).toEqual(['first.test']);
    const second = resolver.resolve('second.test').then(
      () => 'told',
      () => 'not told',
    );
    await expect.poll(() => resolver.came, { timeout: TIMEOUT_MS }).toHaveLength(2);
    // Four times as long as a name waits, at least.
    await delay(200);
    speak();
    expect(await first).toEqual(['203.0.113.9']);
    expect(await second).toBe('not told');
    expect(await resolver.resolve('third.test')).toEqual(['203.0.113.9']);
    expect(resolver.asked).toEqual(['first.test', 'third.test']);
  });

  it(
    'fails in time when its servers keep silent, and the others are told meanwhile',
    async () => {
      const silent = Array.from({ length: 20 }, (_, n) =>
        resolver.resolve(`${n}.silent.test`).then(
          () => 'told',
          ({ code }) => code as string,
        ),
      );
      let isOver = false;
      const all = Promise.all(silent).finally(() => (isOver = true));
      expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
      expect(await resolver.resolve('localhost')).not.toEqual([]);
      expect(isOver).toBe(false);
      expect(new Set(await all)).toEqual(new Set(['ETIMEOUT']));
    },
    TIMEOUT_MS,
  );
});
