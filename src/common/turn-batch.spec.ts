// Proves that what is asked in one turn travels together, in order, and that nobody is left without an answer.
import { describe, expect, it } from 'vitest';
import { TurnBatch } from './turn-batch.js';

const SIZE_MAX = 3;

function createBatch(): { batch: TurnBatch<number, number>; asked: number[][] } {
  const asked: number[][] = [];
  const batch = new TurnBatch<number, number>(SIZE_MAX, async (questions) => {
    asked.push([...questions]);
    if (questions.includes(0)) throw new Error('away');
    return questions.map((question) => question * 10);
  });
  return { batch, asked };
}

describe('TurnBatch', () => {
  it('asks once for a turn and gives everybody their own answer', async () => {
    const { batch, asked } = createBatch();
    expect(await Promise.all([batch.add(1), batch.add(2)])).toEqual([10, 20]);
    expect(await batch.add(4)).toBe(40);
    expect(asked).toEqual([[1, 2], [4]]);
  });

  it('asks for no more than its size at once, in the order of the questions', async () => {
    const { batch, asked } = createBatch();
    const answers = await Promise.all([1, 2, 3, 4, 5].map((question) => batch.add(question)));
    expect(answers).toEqual([10, 20, 30, 40, 50]);
    expect(asked).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('tells everybody of a batch that it failed, and goes on', async () => {
    const { batch } = createBatch();
    const ends = await Promise.allSettled([batch.add(0), batch.add(1)]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await batch.add(2)).toBe(20);
  });

  it('asks at once when it is told to', () => {
    const { batch, asked } = createBatch();
    void batch.add(7);
    batch.flush();
    expect(asked).toEqual([[7]]);
  });
});
