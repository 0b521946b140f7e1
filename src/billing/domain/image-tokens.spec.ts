/** Proves the token formula against the figures the vendor published (reference §1.6). */
import { describe, expect, it } from 'vitest';
import { countImageTokens, listFormulaQualities } from './image-tokens.js';

const PUBLISHED: readonly [
  size: string,
  ofTwo: Record<string, number>,
  ofTwoFive: Record<string, number>,
][] = [
  [
    '1024x1024',
    { low: 196, medium: 1756, high: 7024 },
    { low: 196, medium: 439, high: 1756, xhigh: 3122, max: 7024 },
  ],
  [
    '1536x1024',
    { low: 158, medium: 1372, high: 5488 },
    { low: 158, medium: 343, high: 1372, xhigh: 2459, max: 5488 },
  ],
  [
    '1024x1536',
    { low: 158, medium: 1372, high: 5488 },
    { low: 158, medium: 343, high: 1372, xhigh: 2459, max: 5488 },
  ],
  [
    '2048x2048',
    { low: 397, medium: 3568, high: 14272 },
    { low: 397, medium: 892, high: 3568, xhigh: 6343, max: 14272 },
  ],
  [
    '2560x1440',
    { low: 205, medium: 1843, high: 7370 },
    { low: 205, medium: 478, high: 1843, xhigh: 3276, max: 7370 },
  ],
  [
    '3840x2160',
    { low: 371, medium: 3336, high: 13342 },
    { low: 371, medium: 865, high: 3336, xhigh: 5930, max: 13342 },
  ],
];

function countAll(model: string, size: string): Record<string, number | null> {
  const [width, height] = size.split('x').map(Number);
  const counts = listFormulaQualities(model).map((quality) => [
    quality,
    countImageTokens(model, quality, width!, height!),
  ]);
  return Object.fromEntries(counts);
}

describe('output tokens of a picture', () => {
  it.each(PUBLISHED)('are the published ones at %s', (size, ofTwo, ofTwoFive) => {
    expect(countAll('gpt-image-2', size)).toEqual(ofTwo);
    expect(countAll('gpt-image-2.5-sunburst', size)).toEqual(ofTwoFive);
    expect(countAll('gpt-image-2.5-flare', size)).toEqual(ofTwoFive);
  });

  it('cover what was measured on the family whose low qualities use more', () => {
    expect(countImageTokens('gpt-image-2.6-flare', 'low', 1536, 1024)).toBeGreaterThanOrEqual(664);
    expect(countImageTokens('gpt-image-2.6-flare', 'high', 1536, 1024)).toBeGreaterThanOrEqual(
      1353,
    );
  });

  it('are unknown for other models and qualities', () => {
    expect(countImageTokens('gpt-image-1.5', 'low', 1024, 1024)).toBeNull();
    expect(countImageTokens('gpt-image-2', 'max', 1024, 1024)).toBeNull();
    expect(countImageTokens('gpt-image-20', 'low', 1024, 1024)).toBeNull();
  });
});
