// Proves that a figure is told from its ground by what hangs together with the border.
import { describe, expect, it } from 'vitest';
import { cutOut } from './cut-out.js';

/** A picture from letters: each stands for a colour. */
function paint(rows: string[], colours: Record<string, number[]>): [Uint8Array, number, number] {
  const pixels = rows.flatMap((row) => [...row].flatMap((letter) => colours[letter] ?? [0, 0, 0]));
  return [Uint8Array.from(pixels), rows[0]?.length ?? 0, rows.length];
}

const show = (mask: Buffer, width: number): string[] =>
  Array.from({ length: mask.length / width }, (_, row) =>
    [...mask.subarray(row * width, (row + 1) * width)].map((one) => (one ? '#' : '.')).join(''),
  );

describe('cutting a figure out', () => {
  it('takes away what hangs together with the border, and nothing of the inside', () => {
    const picture = paint(['wwwww', 'wrrrw', 'wrwrw', 'wrrrw', 'wwwww'], {
      w: [250, 250, 250],
      r: [200, 20, 20],
    });
    expect(show(cutOut(...picture), 5)).toEqual(['.....', '.###.', '.###.', '.###.', '.....']);
  });

  it('follows a ground that changes little by little', () => {
    const colours = Object.fromEntries([...'abcde'].map((l, i) => [l, [i * 12, 0, i * 12]]));
    const picture = paint(['abcde', 'abXde', 'abcde'], { ...colours, X: [255, 255, 0] });
    expect(show(cutOut(...picture), 5)).toEqual(['.....', '..#..', '.....']);
  });

  it('leaves a picture alone whose border is of the figure', () => {
    const picture = paint(['rw', 'wr'], { r: [255, 0, 0], w: [0, 0, 255] });
    expect(show(cutOut(...picture), 2)).toEqual(['##', '##']);
  });
});
