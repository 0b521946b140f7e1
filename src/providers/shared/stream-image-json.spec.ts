// Proves that answers are read right however the network cuts them, with bounded memory, and that lies are found.
import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { ConsumerFault, streamImageJson, type StreamLimits } from './stream-image-json.js';

const LIMITS: StreamLimits = { picturesMax: 10, pictureBytesMax: 1_000_000 };

async function* cut(text: string, sizeBytes: () => number): AsyncGenerator<Buffer> {
  const whole = Buffer.from(text, 'utf8');
  for (let at = 0; at < whole.length;) {
    const end = at + sizeBytes();
    yield whole.subarray(at, end);
    at = end;
  }
}

async function read(source: AsyncIterable<Buffer>, limits: StreamLimits = LIMITS) {
  const pictures = new Map<number, Buffer>();
  const { document, streamed } = await streamImageJson(source, limits, async (picture) => {
    const parts: Uint8Array[] = [];
    for await (const part of picture.bytes) parts.push(part);
    pictures.set(picture.index, Buffer.concat(parts));
  });
  return { document, streamed, pictures };
}

const inOnePiece = (text: string): AsyncGenerator<Buffer> => cut(text, () => text.length);

describe('streamImageJson', () => {
  it('finds the same pictures and the same rest however the answer is cut', async () => {
    for (let round = 0; round < 300; round += 1) {
      const images = Array.from({ length: randomInt(1, 5) }, () => randomBytes(randomInt(1, 400)));
      const answer = {
        created: 1,
        note: 'a "quoted" \\ text with b64_json inside é ☃',
        data: images.map((image, index) => ({
          ...(index % 2 ? { revised_prompt: 'before {[,:"' } : {}),
          b64_json: image.toString('base64'),
          ...(index % 2 ? {} : { revised_prompt: 'after' }),
        })),
        usage: { b64_json: 'not a picture', data: [{ b64_json: 'nor this' }] },
      };
      const text = JSON.stringify(answer, null, randomInt(0, 3)).replaceAll('/', '\\/');
      const sizeMax = randomInt(2, 50);
      const result = await read(cut(text, () => randomInt(1, sizeMax)));

      expect([...result.pictures.values()]).toEqual(images);
      expect(result.streamed).toEqual(images.map((_, index) => index));
      expect(result.document).toEqual({
        ...answer,
        data: answer.data.map((item) => ({ ...item, b64_json: '' })),
      });
    }
  });

  it('tells drafts from pictures however the answer is cut, and reads over what is of no use', async () => {
    const form = {
      path: ['candidates', '[]', 'content', 'parts', '[]', 'inlineData', 'data'],
      draftKey: 'thought',
      skippedKey: 'thoughtSignature',
    };
    for (let round = 0; round < 200; round += 1) {
      const images = [1, 2, 3].map(() => randomBytes(randomInt(1, 300)));
      const [first, second, third] = images.map((image) => ({
        inlineData: { mimeType: 'image/png', data: image.toString('base64') },
      }));
      const parts = [
        { text: 'thought":true', thought: true },
        { ...first, thought: true },
        { thought: true, ...second },
        { thought: false, ...third, thoughtSignature: 'QUJD\\"'.repeat(50) },
      ];
      const text = JSON.stringify({ candidates: [{ content: { parts } }], thought: true }, null, 1);
      const read: Buffer[] = [];
      const faults: string[] = [];
      const sizeMax = randomInt(2, 60);
      const { document, streamed } = await streamImageJson(
        cut(text, () => randomInt(1, sizeMax)),
        { ...LIMITS, picturesMax: 1 },
        async ({ bytes }) => {
          const parts: Uint8Array[] = [];
          try {
            for await (const part of bytes) parts.push(part);
          } catch (error) {
            faults.push((error as Error).name);
            throw error;
          }
          read.push(Buffer.concat(parts));
        },
        form,
      );
      expect(read).toEqual([images[2]]);
      expect(faults).toEqual(['DraftPictureError']);
      expect(streamed).toEqual([3]);
      expect(JSON.stringify(document)).toContain('"thoughtSignature":""');
    }
  });

  it('hands a picture on before the answer has ended', async () => {
    const events: string[] = [];
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"data":[{"b64_json":"QUFB');
      events.push('second chunk');
      yield Buffer.from('QkJC"}]}');
    }
    await streamImageJson(source(), LIMITS, async (picture) => {
      for await (const part of picture.bytes) events.push(Buffer.from(part).toString());
    });
    expect(events).toEqual(['AAA', 'second chunk', 'BBB']);
  });

  it('keeps urls, nulls and empty pictures in the rest', async () => {
    const text = '{"data":[{"url":"https:\\/\\/x\\/1.png","b64_json":null},{"b64_json":""}]}';
    const result = await read(inOnePiece(text));
    expect(result.streamed).toEqual([]);
    expect(result.document).toEqual({
      data: [{ url: 'https://x/1.png', b64_json: null }, { b64_json: '' }],
    });
  });

  it('knows its key when it is written with escapes', async () => {
    const result = await read(inOnePiece('{"d\\u0061ta":[{"b64\\u005fjson":"QU\\u0046B"}]}'));
    expect(result.pictures.get(0)?.toString()).toBe('AAA');
  });

  it('takes missing padding and line ends inside base64', async () => {
    const result = await read(inOnePiece('{"data":[{"b64_json":"QUFB\\nQkI"}]}'));
    expect(result.pictures.get(0)?.toString()).toBe('AAABB');
  });

  it('drops what the consumer leaves unread, and pictures beyond the limit', async () => {
    const text = '{"data":[{"b64_json":"QUFB"},{"b64_json":"QkJC"}],"created":7}';
    const result = await streamImageJson(
      cut(text, () => 3),
      { ...LIMITS, picturesMax: 1 },
      () => Promise.resolve(),
    );
    expect(result.streamed).toEqual([0]);
    expect(result.document).toMatchObject({ created: 7 });
  });

  it.each([
    ['HTML', '<html>busy</html>'],
    ['a cut inside a picture', '{"data":[{"b64_json":"QUFB'],
    ['a cut after a picture', '{"data":[{"b64_json":"QUFB"}'],
    ['base64 with a foreign letter', '{"data":[{"b64_json":"QU!B"}]}'],
    ['base64 that ends inside a byte', '{"data":[{"b64_json":"QUFBQ"}]}'],
    ['base64 that goes on after its end', '{"data":[{"b64_json":"QQ==QUFB"}]}'],
    ['brackets that do not match', '{"data":[{"b64_json":"QUFB"]}]'],
    ['too deep a nesting', '['.repeat(40)],
    ['too long a rest', `{"x":"${'a'.repeat(1_100_000)}"}`],
    ['too large a picture', `{"data":[{"b64_json":"${'QUFB'.repeat(400_000)}"}]}`],
    ['too many pictures', `{"data":[${'{"b64_json":"QUFB"},'.repeat(300)}null]}`],
  ])('refuses %s', async (_, text) => {
    await expect(read(cut(text, () => 10_000))).rejects.toThrow(MalformedAnswerError);
  });

  it('tells what the consumer threw from its own faults, and closes the source', async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        yield Buffer.from('{"data":[{"b64_json":"QUFB"');
        yield Buffer.from('}]}');
      } finally {
        isClosed = true;
      }
    }
    const full = new Error('disk full');
    const work = streamImageJson(source(), LIMITS, () => Promise.reject(full));
    await expect(work).rejects.toEqual(new ConsumerFault(full));
    await expect(work).rejects.toMatchObject({ cause: full });
    expect(isClosed).toBe(true);
  });

  it('calls a cut inside a picture its own fault, not the one of the consumer who met it', async () => {
    const work = read(inOnePiece('{"data":[{"b64_json":"QUFB'));
    await expect(work).rejects.toThrow(MalformedAnswerError);
    await expect(work).rejects.not.toThrow(ConsumerFault);
  });

  it('prefers the fault of the source to what the consumer made of it', async () => {
    const broken = new Error('socket closed');
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"data":[{"b64_json":"QUFB');
      throw broken;
    }
    const work = streamImageJson(source(), LIMITS, async (picture) => {
      try {
        for await (const _ of picture.bytes);
      } catch {
        throw new Error('could not store');
      }
    });
    await expect(work).rejects.toBe(broken);
  });
});
