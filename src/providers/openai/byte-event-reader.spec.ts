// Proves that events are found wherever the network cuts them, and that what is no data is read over.
import { describe, expect, it } from 'vitest';
import { ByteEventReader } from './byte-event-reader.js';

async function* cut(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = text.length): Promise<[string | null, string][]> {
  const reader = new ByteEventReader(cut(text, size));
  const events: [string | null, string][] = [];
  for (let event = await reader.next(); event !== null; event = await reader.next()) {
    let data = '';
    for await (const piece of event.data) data += piece.toString('latin1');
    events.push([event.name, data]);
  }
  return events;
}

const STREAM = [
  ': hello\n\n',
  'event: image_generation.partial_image\ndata: {"a":1}\n\n',
  'id: 7\nretry: 100\ndata:{"b":2}\n\n',
  'event: two\r\ndata: {"c":\r\ndata: 3}\r\n\r\n',
  'event: none\n\n',
  'data: [DONE]\n\n',
].join('');
const EVENTS = [
  ['image_generation.partial_image', ' {"a":1}'],
  [null, '{"b":2}'],
  ['two', ' {"c":\r\n 3}\r'],
  [null, ' [DONE]'],
];

describe('ByteEventReader', () => {
  it.each([1, 2, 3, 7, 64, 1_000])('finds the events in pieces of %i bytes', async (size) => {
    expect(await read(STREAM, size)).toEqual(EVENTS);
  });

  it('gives out an event that the end of the stream cut off', async () => {
    expect(await read('event: x\ndata: {"a":1')).toEqual([['x', ' {"a":1']]);
    expect(await read('event: x\ndata: {"a":1}\n')).toEqual([['x', ' {"a":1}']]);
    expect(await read('')).toEqual([]);
  });

  it('hands on what the source throws', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('data: {"a"');
      throw new Error('line broke');
    }
    const event = await new ByteEventReader(broken()).next();
    const all = async () => {
      for await (const _piece of event?.data ?? []);
    };
    await expect(all()).rejects.toThrow('line broke');
  });

  it('refuses an endless word', async () => {
    await expect(read('x'.repeat(70_000), 1_000)).rejects.toThrow('a line is too long');
  });
});
