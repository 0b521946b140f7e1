const WORD = /[\p{L}\p{N}]+/gu;
/** Words of one text beyond these are not looked at. */
const WORDS_MAX = 100_000;
/** Words between two moments at which others may have the processor. */
const WORDS_AT_ONCE = 2_000;
const GRAM_CHARS = [3, 4];
const WEIGHTS = { word: 1, pair: 0.4, gram: 0.35 } as const;
/** Words that say little of what a text is about count little. */
const COMMON_WEIGHT = 0.15;
const COMMON = new Set(
  'a about after all also an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it its just me my no not of on or our she should so some that the their them then there these they this to up was we were what when where which who why will with would you your'.split(
    ' ',
  ),
);
/** Endings taken off so that forms of a word meet; the rest keeps at least this many letters. */
const ENDINGS = /(?:ingly|edly|ings|ing|ies|ied|ed|es|s|ly)$/;
const STEM_CHARS_MIN = 3;

const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;
const SIGN_BIT = 0x8000_0000;

/**
 * A text as a vector of length 1 whose cosine with another says how much the two have in common: words without their
 * endings, pairs of neighbours and pieces of words, each added to or taken from one place that its hash names.
 * @param pause awaited every 2,000 words; what it throws ends the work
 */
export async function hashFeatures(
  text: string,
  dimensions: number,
  pause: () => Promise<void>,
): Promise<Float32Array> {
  const vector = new Float32Array(dimensions);
  for (const [feature, weight] of await collectFeatures(text, pause)) {
    const hash = hashText(feature);
    const sign = (hash & SIGN_BIT) === 0 ? 1 : -1;
    const place = (hash & ~SIGN_BIT) % dimensions;
    vector[place] = (vector[place] ?? 0) + sign * weight;
  }
  return normalize(vector);
}

/** What the text has, with its weight: the tenth time counts little more than the first. */
async function collectFeatures(
  text: string,
  pause: () => Promise<void>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const count = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  let before = '';
  let words = 0;
  for (const [found] of text.normalize('NFKC').toLowerCase().matchAll(WORD)) {
    const stem = toStem(found);
    count(`w ${stem}`);
    if (before !== '') count(`p ${before} ${stem}`);
    for (const gram of listGrams(found)) count(`g ${gram}`);
    before = stem;
    words += 1;
    if (words >= WORDS_MAX) break;
    if (words % WORDS_AT_ONCE === 0) await pause();
  }
  // A text of signs alone is told apart by the whole of it.
  if (counts.size === 0) counts.set(`t ${text.slice(0, WORDS_MAX)}`, 1);
  for (const [feature, times] of counts) counts.set(feature, weigh(feature) * Math.log1p(times));
  return counts;
}

function weigh(feature: string): number {
  if (feature.startsWith('p ')) return WEIGHTS.pair;
  if (feature.startsWith('g ')) return WEIGHTS.gram;
  return COMMON.has(feature.slice(2)) ? COMMON_WEIGHT : WEIGHTS.word;
}

function toStem(word: string): string {
  if (COMMON.has(word)) return word;
  const stem = word.replace(ENDINGS, '');
  return stem.length >= STEM_CHARS_MIN ? stem : word;
}

/** Pieces of words longer than the shortest piece; short and common words have none of their own. */
function listGrams(word: string): string[] {
  if (COMMON.has(word)) return [];
  const marked = `<${word}>`;
  return GRAM_CHARS.flatMap((length) =>
    Array.from({ length: Math.max(0, marked.length - length + 1) }, (_, at) =>
      marked.slice(at, at + length),
    ),
  );
}

/** FNV-1a with a last stir, so that near texts do not fall to near places. */
function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function normalize(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  // Signs can take each other away, though hardly ever all of them.
  if (length === 0) vector[0] = 1;
  else for (const [at, value] of vector.entries()) vector[at] = value / length;
  return vector;
}
