// Proves the figures of a prompt: the same each time, and in bounded time whatever the script.
import { describe, expect, it } from 'vitest';
import { measurePrompt } from './prompt-statistics.js';

describe('measurePrompt', () => {
  it('counts characters, words and what is too much', () => {
    const prompt = 'x'.repeat(2_999) + '🦊🦊';
    expect(measurePrompt(prompt)).toMatchObject({
      characterCount: 3_001,
      needsOptimization: true,
      exceedsMaximum: false,
      estimatedReductionNeeded: 201,
      reductionPercent: 6.7,
    });
    expect(measurePrompt('x'.repeat(3_000))).toMatchObject({
      needsOptimization: false,
      estimatedReductionNeeded: 0,
      reductionPercent: 0,
    });
    expect(measurePrompt('🦊'.repeat(10_000)).exceedsMaximum).toBe(false);
    expect(measurePrompt('🦊'.repeat(10_001)).exceedsMaximum).toBe(true);
  });

  it('names at most twenty keywords, the most frequent first', () => {
    const words = Array.from({ length: 30 }, (_, at) => `castle${at}`);
    const { keywords } = measurePrompt(`dragon dragon ${words.join(' ')} dragon and the of`);
    expect(keywords).toHaveLength(20);
    expect(keywords.slice(0, 2)).toEqual(['dragon', 'castle0']);
    expect(keywords).not.toContain('the');
  });

  it('keeps complexity between 0 and 100, more for what is harder to read', () => {
    const easy = measurePrompt('a cat. a hat. a bat.');
    const hard = measurePrompt(
      'extraordinarily photorealistic architectural visualisation juxtaposing biomechanical superstructures '.repeat(
        9,
      ),
    );
    expect(easy.readability).toBe('easy');
    expect(hard).toMatchObject({ readability: 'hard', complexity: 100 });
    expect(easy.complexity).toBeLessThan(50);
    expect(measurePrompt('!!!')).toMatchObject({ complexity: 0, keywords: [], wordCount: 0 });
  });

  it.each([
    ['letters', 'x'],
    ['spaces', ' '],
    ['words', 'ab '],
    ['Han', '山水画'],
    ['Thai', 'ภาพวาดสีน้ำ'],
    ['Arabic', 'منارة '],
    ['emoji', '👩‍👩‍👧'],
    ['marks', 'e\u0301\u0302\u0303'],
    ['compatibility forms', '\ufdfa'],
    ['sentence ends', '.!'],
  ])('measures 50,000 characters of %s at once, twice alike', (_name, piece) => {
    const prompt = piece.repeat(Math.ceil(50_000 / piece.length));
    const startedAtMs = performance.now();
    expect(measurePrompt(prompt)).toEqual(measurePrompt(prompt));
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
  });
});
