/** Proves which answers are kept: whole ones that succeeded and carry neither pictures nor sound. */
import { describe, expect, it } from 'vitest';
import { type GivenAnswer, readWorth } from './read-worth.js';

const MESSAGE = { role: 'assistant', content: 'Hello', refusal: null };
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const toChoice = (more: object = {}) => ({
  index: 0,
  message: MESSAGE,
  finish_reason: 'stop',
  ...more,
});
const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const toStream = (chunks: readonly object[], end = 'data: [DONE]\n\n') =>
  Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end);

function worthOf(bytes: Buffer, more: Partial<GivenAnswer> = {}) {
  return readWorth({ route: 'chat', form: 'json', choices: 1, bytes, ...more });
}
const worthOfStream = (bytes: Buffer, choices = 1) => worthOf(bytes, { form: 'events', choices });

describe('a whole document', () => {
  it('is kept with its usage, or without one', () => {
    expect(worthOf(toBytes({ choices: [toChoice()], usage: USAGE }))).toEqual({ usage: USAGE });
    expect(worthOf(toBytes({ choices: [toChoice()] }))).toEqual({ usage: null });
    const vectors = { object: 'list', data: [{ embedding: [0.1] }], usage: USAGE };
    expect(worthOf(toBytes(vectors), { route: 'embedding' })).toEqual({ usage: USAGE });
  });

  it('is not kept when it failed, was filtered, or lacks its end or a choice', () => {
    for (const document of [
      { choices: [toChoice({ finish_reason: null })] },
      { choices: [toChoice({ finish_reason: 'content_filter' })] },
      { choices: [toChoice(), toChoice({ index: 1, finish_reason: 'content_filter' })] },
      { choices: [] },
      { choices: [toChoice()], error: { message: 'overloaded' } },
      { choices: [{ index: 0, finish_reason: 'stop' }] },
      { error: { message: 'overloaded' } },
      [],
    ]) {
      expect(worthOf(toBytes(document)), JSON.stringify(document)).toBeNull();
    }
    expect(worthOf(toBytes({ choices: [toChoice()] }), { choices: 2 })).toBeNull();
    expect(worthOf(toBytes({ choices: [toChoice()] }).subarray(0, -1))).toBeNull();
    expect(worthOf(toBytes({ data: [] }), { route: 'embedding' })).toBeNull();
  });

  it('is not kept with pictures or sound in it', () => {
    for (const message of [
      { ...MESSAGE, content: '![](data:image/png;base64,iVBORw0KGgo=)' },
      { ...MESSAGE, images: [{ type: 'image_url', image_url: { url: 'https://x.example/1' } }] },
      { ...MESSAGE, audio: { id: 'a', data: 'UklGRg==', transcript: 'Hello' } },
    ]) {
      expect(worthOf(toBytes({ choices: [toChoice({ message })] }))).toBeNull();
    }
    const silent = { ...MESSAGE, audio: null };
    expect(worthOf(toBytes({ choices: [toChoice({ message: silent })] }))).not.toBeNull();
  });
});

describe('a stream', () => {
  const first = { choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' } }] };
  const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const counted = { choices: [], usage: USAGE };

  it('is kept with the usage it shows', () => {
    expect(worthOfStream(toStream([first, last, counted]))).toEqual({ usage: USAGE });
    expect(worthOfStream(toStream([first, last]))).toEqual({ usage: null });
  });

  it('is not kept when it was cut, failed or was filtered', () => {
    for (const bytes of [
      toStream([first, last], ''),
      toStream([first]),
      toStream([]),
      toStream([first, { error: { message: 'overloaded' } }, last]),
      toStream([first, { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] }]),
      Buffer.concat([Buffer.from('data: {"choices":[\n\n'), toStream([first, last])]),
    ]) {
      expect(worthOfStream(bytes), bytes.toString()).toBeNull();
    }
    expect(worthOfStream(toStream([first, last]), 2)).toBeNull();
    const sound = { choices: [{ index: 0, delta: { audio: { data: 'UklGRg==' } } }] };
    expect(worthOfStream(toStream([first, sound, last]))).toBeNull();
  });
});
