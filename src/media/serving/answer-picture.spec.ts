// Proves what is answered to conditions and ranges, and that no bytes are fetched for who has them already.
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ByteRange } from '../domain/media-storage.strategy.js';
import { answerPicture } from './answer-picture.js';
import { readRange } from './byte-range.js';
import type { ServedPicture } from './served-picture.js';

const BYTES = Buffer.from('0123456789');
const ETAG = '"ten"';
const NOW = new Date('2026-03-01T12:00:00Z');

describe('readRange', () => {
  it.each<[string | undefined, number, ReturnType<typeof readRange>]>([
    [undefined, 10, 'whole'],
    ['bytes=0-3', 10, { start: 0, end: 3 }],
    ['BYTES=4-', 10, { start: 4, end: 9 }],
    ['bytes=8-99999', 10, { start: 8, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-30', 10, { start: 0, end: 9 }],
    ['bytes=9-9', 10, { start: 9, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=999999999999999-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=5-2', 10, 'whole'],
    ['bytes=0-1,3-4', 10, 'whole'],
    [`bytes=${'0-1,'.repeat(5_000)}2-3`, 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['bytes=1e3-', 10, 'whole'],
    ['bytes=--1', 10, 'whole'],
    [`bytes=${'9'.repeat(400)}-`, 10, 'whole'],
    ['items=0-1', 10, 'whole'],
    ['', 10, 'whole'],
  ])('reads %s of %d bytes', (header, sizeBytes, expected) => {
    expect(readRange(header, sizeBytes)).toEqual(expected);
  });
});

function create() {
  const told = { prepared: 0 };
  const picture: ServedPicture = {
    etag: ETAG,
    mediaType: 'image/png',
    fileName: 'a.png',
    expiresAt: null,
    prepare: async () => {
      told.prepared += 1;
      const cut = (range?: ByteRange) =>
        range ? BYTES.subarray(range.start, range.end + 1) : BYTES;
      return { sizeBytes: BYTES.length, open: async (range) => Readable.from([cut(range)]) };
    },
  };
  return { picture, told };
}

async function ask(headers: Record<string, string>, method = 'GET') {
  const { picture, told } = create();
  const answer = await answerPicture(picture, { method, headers }, NOW);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.stream ?? []) chunks.push(chunk as Uint8Array);
  const { status, headers: given } = answer;
  return { status, given, text: Buffer.concat(chunks).toString(), ...told };
}

describe('answerPicture', () => {
  it('sends the whole', async () => {
    const answer = await ask({});
    expect(answer).toMatchObject({ status: 200, text: '0123456789' });
    expect(answer.given).toMatchObject({ 'content-length': '10', 'accept-ranges': 'bytes' });
  });

  it('sends a part, and says which', async () => {
    const answer = await ask({ range: 'bytes=2-4' });
    expect(answer).toMatchObject({ status: 206, text: '234' });
    const part = { 'content-length': '3', 'content-range': 'bytes 2-4/10', etag: ETAG };
    expect(answer.given).toMatchObject(part);
  });

  it('refuses a part that is not there, and says how much there is', async () => {
    const answer = await ask({ range: 'bytes=10-' });
    expect(answer).toMatchObject({ status: 416, text: '' });
    expect(answer.given['content-range']).toBe('bytes */10');
  });

  it.each([
    [ETAG, 206],
    ['"other"', 200],
    [`W/${ETAG}`, 200],
    ['Sun, 01 Mar 2026 12:00:00 GMT', 200],
  ])('sends a part only while If-Range names these bytes: %s', async (tag, status) => {
    expect((await ask({ range: 'bytes=0-0', 'if-range': tag })).status).toBe(status);
  });

  it('makes nothing for who has it, whatever part is asked for', async () => {
    const answer = await ask({ 'if-none-match': ETAG, range: 'bytes=0-0' });
    expect(answer).toMatchObject({ status: 304, text: '', prepared: 0 });
    expect(answer.given).not.toHaveProperty('content-length');
  });

  it('tells of the whole by HEAD, without a body and without opening it', async () => {
    const answer = await ask({ range: 'bytes=0-0' }, 'HEAD');
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.given['content-length']).toBe('10');
  });
});
