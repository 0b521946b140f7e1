/** Proves that a recorder keeps whole answers within its bound, once, and nothing of others. */
import { describe, expect, it } from 'vitest';
import { ANSWER_BYTES_MAX, AnswerRecorder } from './answer-recorder.js';

const REPORT = { usage: null };

function start() {
  const kept: string[] = [];
  const recorder = new AnswerRecorder(async (bytes) => void kept.push(bytes.toString('latin1')));
  return { kept, recorder };
}

describe('a recorder', () => {
  it('puts the parts together at the end, once', async () => {
    const { kept, recorder } = start();
    for (const part of ['a', '', 'bc']) recorder.push(Buffer.from(part));
    await recorder.finish(REPORT);
    await recorder.finish(REPORT);
    expect(kept).toEqual(['abc']);
  });

  it('keeps nothing of an answer that is empty, was dropped, or is not wanted', async () => {
    const { kept, recorder } = start();
    await recorder.finish(REPORT);
    const dropped = start();
    dropped.recorder.push(Buffer.from('a'));
    dropped.recorder.drop();
    dropped.recorder.push(Buffer.from('b'));
    await dropped.recorder.finish(REPORT);
    const unwanted = new AnswerRecorder(null);
    unwanted.push(Buffer.from('a'));
    await unwanted.finish(REPORT);
    expect([...kept, ...dropped.kept]).toEqual([]);
  });

  it('keeps an answer of the bound and none beyond it', async () => {
    const [whole, over] = [start(), start()];
    const half = Buffer.alloc(ANSWER_BYTES_MAX / 2, 'x');
    for (const { recorder } of [whole, over]) for (let i = 0; i < 2; i += 1) recorder.push(half);
    over.recorder.push(Buffer.from('y'));
    await Promise.all([whole, over].map(({ recorder }) => recorder.finish(REPORT)));
    expect(whole.kept.map(({ length }) => length)).toEqual([ANSWER_BYTES_MAX]);
    expect(over.kept).toEqual([]);
  });
});
