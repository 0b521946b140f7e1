import { countCharacters } from '../../common/count-characters.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';
import { findKeywords, isTelling } from './find-keywords.js';
import { listWords } from './list-words.js';
import { AIM_CHARS, OPTIMIZE_ABOVE_CHARS } from './optimizer-rules.js';

export const READABILITIES = ['easy', 'moderate', 'hard'] as const;

export interface PromptStatistics {
  /** Code points. */
  characterCount: number;
  /** As all that is counted in words: of the first 10,000 characters. */
  wordCount: number;
  needsOptimization: boolean;
  exceedsMaximum: boolean;
  threshold: number;
  maximum: number;
  /** Characters too many for what a rewriting aims at; 0 = it needs none. */
  estimatedReductionNeeded: number;
  /** The same as a share, to a tenth. */
  reductionPercent: number;
  /** Most frequent first, at most 20. */
  keywords: string[];
  /** 0 to 100: length of words up to 30, of sentences up to 40, share of telling words up to 30. */
  complexity: number;
  readability: (typeof READABILITIES)[number];
  /** What it has for a usual model: four plain characters, or one of another script, are a token. */
  tokenEstimate: number;
}

const WORD_POINTS_MAX = 30;
const SENTENCE_POINTS_MAX = 40;
const KEYWORD_POINTS_MAX = 30;
/** Beyond these nothing gets any more complex. */
const WORD_CHARS_FULL = 10;
const SENTENCE_WORDS_FULL = 25;
const EASY_POINTS_MAX = 25;
const MODERATE_POINTS_MAX = 45;
const PLAIN_CHARS_PER_TOKEN = 4;
const PLAIN_MAX = 0x7f;
const TENTHS_OF_PERCENT = 1_000;
const SENTENCE_ENDS = /[.!?。！？\n]+/u;

/** The same for the same text. The work is bounded, whatever the text holds. */
export function measurePrompt(prompt: string): PromptStatistics {
  const characterCount = countCharacters(prompt);
  const words = listWords(prompt);
  const wordPoints = toWordPoints(words);
  const sentencePoints = toSentencePoints(prompt, words.length);
  const excess = characterCount > OPTIMIZE_ABOVE_CHARS ? characterCount - AIM_CHARS : 0;
  return {
    characterCount,
    wordCount: words.length,
    needsOptimization: characterCount > OPTIMIZE_ABOVE_CHARS,
    exceedsMaximum: characterCount > PROMPT_CHARS_MAX,
    threshold: OPTIMIZE_ABOVE_CHARS,
    maximum: PROMPT_CHARS_MAX,
    estimatedReductionNeeded: excess,
    reductionPercent: Math.round((excess / Math.max(1, characterCount)) * TENTHS_OF_PERCENT) / 10,
    keywords: findKeywords(words),
    complexity: Math.round(wordPoints + sentencePoints + toKeywordPoints(words)),
    readability: toReadability(wordPoints + sentencePoints),
    tokenEstimate: toTokenEstimate(prompt),
  };
}

function toWordPoints(words: readonly string[]): number {
  if (words.length === 0) return 0;
  const characters = words.reduce((sum, word) => sum + countCharacters(word), 0);
  return Math.min(1, characters / words.length / WORD_CHARS_FULL) * WORD_POINTS_MAX;
}

function toSentencePoints(prompt: string, wordCount: number): number {
  const read = prompt.slice(0, PROMPT_CHARS_MAX * 2);
  const sentences = read.split(SENTENCE_ENDS).filter((part) => part.trim() !== '').length;
  const average = wordCount / Math.max(1, sentences);
  return Math.min(1, average / SENTENCE_WORDS_FULL) * SENTENCE_POINTS_MAX;
}

function toKeywordPoints(words: readonly string[]): number {
  if (words.length === 0) return 0;
  return (words.filter(isTelling).length / words.length) * KEYWORD_POINTS_MAX;
}

function toReadability(points: number): PromptStatistics['readability'] {
  if (points <= EASY_POINTS_MAX) return 'easy';
  return points <= MODERATE_POINTS_MAX ? 'moderate' : 'hard';
}

function toTokenEstimate(prompt: string): number {
  let plain = 0;
  let others = 0;
  for (const character of prompt) {
    if ((character.codePointAt(0) ?? 0) <= PLAIN_MAX) plain += 1;
    else others += 1;
  }
  return Math.ceil(plain / PLAIN_CHARS_PER_TOKEN) + others;
}
