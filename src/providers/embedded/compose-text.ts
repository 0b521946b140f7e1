import { type ChatTurn, joinText } from '../shared/read-chat-messages.js';
import { createDigestRandom } from './digest-random.js';

/** Of a long text only the start and the end are read: an answer is short, and nobody waits for it. */
const TEXT_CHARS_MAX = 20_000;
const QUOTE_CHARS_MAX = 240;
/** From here on a text is summed up, not quoted. */
const SUMMARY_SENTENCES_MIN = 4;
const SUMMARY_SENTENCES = 3;
const KEYWORDS = 5;
const WORD_CHARS_MIN = 4;

const OPENINGS = ['You wrote:', 'You asked:', 'Your message says:', 'I read:'];
const CLOSINGS = [
  'This answer was put together in this service from your own words, without a model behind it.',
  'No model was asked: this answer is made of the words above, and the same words make it again.',
  'Connect a vendor to get a real answer; this one only shows that the way there works.',
];

/** What an answer is made of. */
export interface Topic {
  /** What was said last, and by whom. */
  text: string;
  isToolAnswer: boolean;
  keywords: readonly string[];
  /** What it is likely about, in a word or so: quoted, or a name; else all of it. */
  subject: string;
  instruction: string;
  turns: number;
}

export function toTopic(turns: readonly ChatTurn[]): Topic {
  const last = turns.findLast(({ role }) => role === 'user' || role === 'tool') ?? turns.at(-1);
  const text = shorten(joinText(last?.parts ?? []));
  const first = turns.find(({ role }) => role === 'system');
  return {
    text,
    isToolAnswer: last?.role === 'tool',
    keywords: findKeywords(text),
    subject: findSubject(text),
    instruction: shorten(joinText(first?.parts ?? [])),
    turns: turns.length,
  };
}

/** Several sentences about the conversation: the same messages and seed give the same ones. */
export function composeText(topic: Topic, seed: number): string {
  const { text, isToolAnswer, keywords, instruction, turns } = topic;
  const random = createDigestRandom([text, instruction, turns, seed]);
  const pick = (choices: readonly string[]) => choices[Math.floor(random() * choices.length)] ?? '';
  const sentences = splitSentences(text);
  const said =
    sentences.length >= SUMMARY_SENTENCES_MIN
      ? `In short: ${summarize(sentences, keywords).join(' ')}`
      : `${isToolAnswer ? 'The tool answered:' : pick(OPENINGS)} “${quote(text)}”.`;
  return [
    said,
    keywords.length > 0 ? `The words that matter most are ${listWords(keywords)}.` : '',
    instruction === '' ? '' : `I was told: “${quote(instruction)}”.`,
    turns > 1 ? `The conversation has ${turns} messages so far.` : '',
    pick(CLOSINGS),
  ]
    .filter(Boolean)
    .join(' ');
}

function shorten(text: string): string {
  if (text.length <= TEXT_CHARS_MAX) return toWhole(text);
  const half = TEXT_CHARS_MAX / 2;
  return toWhole(`${text.slice(0, half)} ${text.slice(-half)}`);
}

/** Half a character becomes the sign of one that is lost. */
function toWhole(text: string): string {
  return Buffer.from(text).toString('utf8');
}

function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= QUOTE_CHARS_MAX) return line;
  return `${toWhole(line.slice(0, QUOTE_CHARS_MAX))}…`;
}

function splitSentences(text: string): string[] {
  return text
    .split(/(?<=[.!?…])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length > 0);
}

/** The sentences that say most of what the whole is about, in their order. */
function summarize(sentences: readonly string[], keywords: readonly string[]): string[] {
  const weights = sentences.map((sentence) => {
    const words = sentence.toLowerCase();
    return keywords.filter((word) => words.includes(word)).length;
  });
  const best = [...weights.keys()]
    .toSorted((left, right) => (weights[right] ?? 0) - (weights[left] ?? 0) || left - right)
    .slice(0, SUMMARY_SENTENCES)
    .toSorted((left, right) => left - right);
  return best.map((at) => quote(sentences[at] ?? ''));
}

/** A name is a word with a capital that does not begin a sentence, with those behind it. */
function findSubject(text: string): string {
  const quoted = /["“«„'‘]([^"”»“'’]{1,100})["”»“'’]/.exec(text)?.[1];
  const name = /(?<![.!?:…]\s+|^)(?<=\s)\p{Lu}[\p{L}\p{N}-]+(?:\s\p{Lu}[\p{L}\p{N}-]+)*/u.exec(
    text,
  )?.[0];
  return quoted ?? name ?? quote(text);
}

/** Long words before short ones where they come equally often: short ones say little. */
function findKeywords(text: string): string[] {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    if (word.length >= WORD_CHARS_MIN) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([left, times], [right, others]) => others - times || right.length - left.length)
    .slice(0, KEYWORDS)
    .map(([word]) => word);
}

function listWords(words: readonly string[]): string {
  return words.length === 1
    ? `${words[0]}`
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
