/** Proves that answers are read the same however they are cut, and that a cut one never counts as whole. */
import { describe, expect, it } from 'vitest';
import { AnswerReader } from './answer-reader.mjs';

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\nx: y\r\n\r\n{"a":"bcdef"}';
const CHUNKED =
  'HTTP/1.1 402 Payment Required\r\ntransfer-encoding: chunked\r\n\r\n' +
  '6\r\ndata: \r\nA;x=1\r\n[DONE]\r\n\r\n\r\n0\r\ntrailer: 1\r\n\r\n';

function readIn(sizeBytes, text) {
  const reader = new AnswerReader();
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += sizeBytes) {
    const isLast = from + sizeBytes >= bytes.length;
    expect(reader.read(bytes.subarray(from, from + sizeBytes))).toBe(isLast);
  }
  const { status, bodyBytes, isBegun } = reader;
  return { status, bodyBytes, isBegun, tail: reader.tail() };
}

describe('AnswerReader', () => {
  it.each([1, 2, 3, 7, 50, 1_000])('reads an answer of known length in parts of %i', (size) => {
    const answer = { status: 200, bodyBytes: 13, isBegun: true, tail: '{"a":"bcdef"}' };
    expect(readIn(size, LENGTH)).toEqual(answer);
  });

  it.each([1, 2, 3, 7, 50, 1_000])('reads a chunked answer in parts of %i', (size) => {
    const answer = { status: 402, bodyBytes: 16, isBegun: true, tail: 'data: [DONE]\r\n\r\n' };
    expect(readIn(size, CHUNKED)).toEqual(answer);
  });

  it('keeps the end of a long body', () => {
    const body = `${'x'.repeat(100_000)}the end`;
    const text = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    expect(readIn(999, text).tail).toBe(body.slice(-64));
  });

  it('takes an answer without a body', () => {
    const answer = readIn(9, 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n');
    expect(answer).toEqual({ status: 204, bodyBytes: 0, isBegun: false, tail: '' });
  });

  it('reads the next one after a reset', () => {
    const reader = new AnswerReader();
    expect(reader.read(Buffer.from(CHUNKED))).toBe(true);
    reader.reset();
    expect(reader.read(Buffer.from(LENGTH))).toBe(true);
    expect(reader.status).toBe(200);
  });

  it.each([
    ['of unknown length', 'HTTP/1.1 200 OK\r\n\r\nbody'],
    ['with a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno\r\n'],
  ])('refuses an answer %s', (_what, text) => {
    expect(() => new AnswerReader().read(Buffer.from(text))).toThrow(/answer of unknown|size/);
  });
});
