/** Proves that each command replaces its own figures on the page and no others. */
import { describe, expect, it } from 'vitest';
import { replaceSection } from './page.mjs';

const PAGE = [
  'before',
  '<!-- bench: begin, written by `npm run bench` -->',
  'old figures',
  '<!-- bench: end -->',
  'between',
  '<!-- bench:gateway: begin, written by `npm run bench:gateway` -->',
  'old figures of the gateway',
  '<!-- bench:gateway: end -->',
  'after',
].join('\n');

describe('replaceSection', () => {
  it('leaves the section of the other command alone', () => {
    const both = replaceSection(replaceSection(PAGE, 'bench', 'A'), 'bench:gateway', 'B');
    expect(both).not.toContain('old figures');
    expect(both.match(/before|A$|between|B$|after/gm)).toEqual([
      'before',
      'A',
      'between',
      'B',
      'after',
    ]);
    expect(replaceSection(both, 'bench', 'A')).toBe(both);
  });

  it('refuses a page that has lost the marks', () => {
    expect(() => replaceSection('nothing', 'bench', 'A')).toThrow(/lost the marks of bench/);
  });
});
