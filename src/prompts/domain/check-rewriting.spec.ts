// Proves what is taken of a model's rewriting: nothing that lost the style, the subject or the point.
import { describe, expect, it } from 'vitest';
import { checkRewriting } from './check-rewriting.js';

const PROMPT =
  'A red lighthouse on a cliff above the sea, watercolor, golden hour, wide angle, highly detailed. '.repeat(
    40,
  );
const GOOD =
  'Red lighthouse on a cliff above the sea, watercolor, golden hour, wide angle, highly detailed';

function check(text: string, isCut = false) {
  return checkRewriting(PROMPT, { text, isCut });
}

describe('checkRewriting', () => {
  it.each([
    GOOD,
    `  ${GOOD}\n`,
    `"${GOOD}"`,
    `Here is the shortened prompt: ${GOOD}`,
    `\`\`\`text\n${GOOD}\n\`\`\``,
  ])('takes %j without what stands around it', (text) => {
    expect(check(text)).toEqual({ text: GOOD, retentionPercent: 100, fault: null });
  });

  it.each([
    ['', 'empty'],
    ['""', 'empty'],
    [PROMPT, 'not short enough'],
    [`${GOOD} ${'more '.repeat(600)}`, 'not short enough'],
    ['I am sorry, but I cannot help with that.', 'keywords'],
    [
      'Red lighthouse on a cliff above the sea, golden detailed wide hour angle',
      'lost style words',
    ],
    [`${GOOD}\0`, 'no text'],
  ])('refuses %j', (text, fault) => {
    expect(check(text)).toMatchObject({ text: null, fault: expect.stringContaining(fault) });
  });

  it('refuses an answer that was cut off', () => {
    expect(check(GOOD, true)).toMatchObject({ text: null });
  });

  it('lets go one term of many, and not one of few', () => {
    const many = `${PROMPT} cinematic, bokeh, masterpiece, 8k, film grain, macro`;
    const kept = `${GOOD}, cinematic, bokeh, masterpiece, 8k, film grain`;
    expect(checkRewriting(many, { text: kept, isCut: false }).fault).toBeNull();
    const few = GOOD.replace('watercolor, ', '');
    expect(check(few)).toMatchObject({ text: null });
  });

  it('compares words of scripts that write none apart', () => {
    const prompt = '赤い灯台、崖の上、水彩画、夜明けの海。'.repeat(200);
    const answer = { text: '赤い灯台、崖の上、水彩画、夜明けの海', isCut: false };
    expect(checkRewriting(prompt, answer)).toMatchObject({ fault: null, retentionPercent: 100 });
    const other = { text: '今日は天気がいいですね', isCut: false };
    expect(checkRewriting(prompt, other)).toMatchObject({ text: null });
  });
});
