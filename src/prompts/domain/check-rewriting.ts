import { countCharacters } from '../../common/count-characters.js';
import { TEXT_FORM } from '../../common/text-form.js';
import { findKeywords } from './find-keywords.js';
import { listWords } from './list-words.js';
import { OPTIMIZE_ABOVE_CHARS } from './optimizer-rules.js';
import { findStyleTerms, toSearchable } from './style-terms.js';

/** Of the keywords of the original. */
const KEYWORDS_KEPT_MIN = 0.5;
/** Of its terms of style, lighting, composition, quality and technique: of up to four, all. */
const TERMS_KEPT_MIN = 0.8;
const PERCENT = 100;
const FENCE = /^```[a-z]*\n([\s\S]*?)\n?```$/i;
const LABEL = /^(?:here is|here's|sure|certainly|shortened|optimi[sz]ed|rewritten)[^\n]{0,80}:\s+/i;
const QUOTED = /^["“«']([\s\S]*)["”»']$/;

export interface RewrittenAnswer {
  text: string;
  /** Whether the model was cut off before it had ended. */
  isCut: boolean;
}

export type Rewriting =
  | { text: string; retentionPercent: number; fault: null }
  /** Why it is not taken, for the caller. */
  | { text: null; retentionPercent: number | null; fault: string };

/** Whether what a model answered may be sent in place of the prompt. */
export function checkRewriting(prompt: string, { text, isCut }: RewrittenAnswer): Rewriting {
  const bare = toBare(text);
  const length = countCharacters(bare);
  if (bare === '') return refuse('the rewriting was empty');
  if (isCut) return refuse('the rewriting was cut off');
  if (!TEXT_FORM.test(bare)) return refuse('the rewriting holds characters that are no text');
  if (length >= OPTIMIZE_ABOVE_CHARS || length >= countCharacters(prompt)) {
    return refuse(`the rewriting has ${length} characters and is not short enough`);
  }
  const words = listWords(prompt);
  const kept = toSearchable(listWords(bare));
  const keywords = findKeywords(words);
  const share = toShare(keywords, (word) => kept.includes(toStem(word)));
  const retentionPercent = Math.round(share * PERCENT);
  if (share < KEYWORDS_KEPT_MIN) {
    return refuse(
      `the rewriting kept only ${retentionPercent} % of the keywords`,
      retentionPercent,
    );
  }
  const terms = findStyleTerms(words);
  const isTermKept = (term: string) => kept.includes(` ${term.replaceAll('-', ' ')}`);
  if (toShare(terms, isTermKept) < TERMS_KEPT_MIN) {
    const lost = terms.filter((term) => !isTermKept(term)).slice(0, 5);
    return refuse(`the rewriting lost style words: ${lost.join(', ')}`, retentionPercent);
  }
  return { text: bare, retentionPercent, fault: null };
}

function refuse(fault: string, retentionPercent: number | null = null): Rewriting {
  return { text: null, retentionPercent, fault };
}

/** Without what models put around an answer. */
function toBare(text: string): string {
  let bare = text.trim();
  bare = (FENCE.exec(bare)?.[1] ?? bare).trim();
  bare = bare.replace(LABEL, '').trim();
  return (QUOTED.exec(bare)?.[1] ?? bare).trim();
}

/** A plural may become a singular. */
function toStem(word: string): string {
  return word.length > 4 && word.endsWith('s') ? word.slice(0, -1) : word;
}

function toShare(list: readonly string[], isKept: (one: string) => boolean): number {
  return list.length === 0 ? 1 : list.filter(isKept).length / list.length;
}
