export const KEYWORDS_MAX = 20;

const PLAIN_CHARS_MIN = 3;
const PLAIN_FORM = /^[\x20-\x7e]*$/;
const NUMBER_FORM = /^[\p{N}.,]+$/u;
/** Words that say nothing of a picture. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'the and for are but not you all any can her was one our out his has had how its may new now old see two way who did ' +
    'get let say she too use that with have this will your from they know want been good much some time very when come here ' +
    'just like long make many more only over such take than them well were what into also each which their there these those ' +
    'about would could should because while where being both most other then between through during before after above below ' +
    'under again further once same own nor off down please create generate image picture prompt show showing featuring'
  ).split(' '),
);

/** Whether a word tells of what is to be seen. */
export function isTelling(word: string): boolean {
  if (STOP_WORDS.has(word) || NUMBER_FORM.test(word)) return false;
  return word.length >= PLAIN_CHARS_MIN || !PLAIN_FORM.test(word);
}

/** The most frequent telling words; of equally frequent ones those that come first. */
export function findKeywords(words: readonly string[], max = KEYWORDS_MAX): string[] {
  const counts = new Map<string, number>();
  for (const word of words) if (isTelling(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  // The sort is stable, and a map remembers the order of arrival.
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, max)
    .map(([word]) => word);
}
