import { takeCharacters } from '../../common/count-characters.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';

const WORDS = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
/** Scripts that write their words without anything between them. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** The work of the segmenter grows with the square of what it is given at once. */
const PIECE_CHARS_MAX = 100;
/** The locale is fixed: the same text, the same words. */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' });

/** In lower case and compatibility form, in their order; of the first 10,000 characters. */
export function listWords(text: string): string[] {
  const plain = takeCharacters(text, PROMPT_CHARS_MAX).normalize('NFKC').toLowerCase();
  // One character may have become eighteen.
  const read = takeCharacters(plain, PROMPT_CHARS_MAX);
  return [...read.matchAll(WORDS)].flatMap(([run]) => (UNSPACED.test(run) ? segment(run) : run));
}

function segment(run: string): string[] {
  const words: string[] = [];
  for (let rest = run; rest !== '';) {
    const piece = takeCharacters(rest, PIECE_CHARS_MAX);
    rest = rest.slice(piece.length);
    for (const { segment: word, isWordLike } of SEGMENTER.segment(piece)) {
      if (isWordLike === true) words.push(word);
    }
  }
  return words;
}
