// Proves that names are asked of name servers, then of the operating system, and that silent servers hold up nobody else.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemHostResolver } from './system-host-resolver.js';

const HEADER_BYTES = 12;
const NAME_UNKNOWN = 3;
const TYPE_A = 1;
/** Far more than one name waits for a silent server. */
const TIMEOUT_MS = 30_000;

class TestResolver extends SystemHostResolver {
  constructor(port: number) {
    super();
    this.servers.setServers([`127.0.0.1:${port}`]);
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

  beforeEach(async () => {
    server = createSocket('udp4');
    server.on('message', (query, { port, address }) => {
      const reply = toReply(query);
      if (reply) server.send(reply, port, address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    resolver = new TestResolver(server.address().port);
  });
  afterEach(() => server.close());

  it('has the addresses that a name server tells, of either family', async () => {
    expect(await resolver.resolve('known.test')).toEqual(['203.0.113.7']);
  });

  it('is looked up in the hosts file when no name server knows it', async () => {
    const addresses = await resolver.resolve('localhost');
    expect(addresses.some((one) => one === '127.0.0.1' || one === '::1')).toBe(true);
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
