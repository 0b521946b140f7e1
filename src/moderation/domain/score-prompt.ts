import { findHiddenTexts } from './encoded-payloads.js';
import { toPlainForm } from './plain-form.js';
import { NO_RISK, type PromptRisk } from './prompt-scorer.port.js';
import { type RiskPattern, SEVERITY } from './risk-pattern.js';
import { RISK_PATTERNS } from './risk-patterns.js';
import { type TextScan, TokenTable } from './scan-text.js';

/** Characters of one text that are looked at: its first and its last ones. Between them only the length counts. */
export const INSPECTED_HEAD_CHARS = 32_768;
export const INSPECTED_TAIL_CHARS = 16_384;
const MATCHES_COUNTED_MAX = 2;
const LONG_CHARS = 10_000;
const MANY_NEWLINES = 50;
/** Where a text is short, a smiley is half of it. */
const SPECIAL_CHARS_MIN = 16;
/** Weak signs alone are a warning at most, however many there are. */
const WEAK_POINTS_MAX = 70;
const POINTS_MAX = 100;
const POINTS = { long: 30, special: 40, encoded: 30, newlines: 20 } as const;

/** Letters, digits and marks of every script, and white space, are ordinary. */
const SPECIAL_RUN = /[^\p{L}\p{M}\p{N}\s]+/gu;
const WHITE_SPACE = /\s+/g;
const UNEVEN_SPACE = /\s{2}|[^\S ]/;

interface Found {
  strong: number;
  weak: number;
  patterns: string[];
}

const TABLE = new TokenTable(RISK_PATTERNS.flatMap(({ tokens }) => tokens.flat()));
/** By token: the patterns it is a sign of, each with the bit of its group. */
const SIGNS = toSigns();
/** By pattern: the bits of all its groups. */
const COMPLETE = RISK_PATTERNS.map(({ tokens }) => 2 ** tokens.length - 1);
const OTHER_SCRIPTS = RISK_PATTERNS.filter(({ tokens }) => tokens.length === 0);

/** The risk of one text, by itself: no other text of the request makes it greater or smaller. */
export function scorePrompt(text: string): PromptRisk {
  const { plain, scan } = read(toInspected(text));
  const found = findPatterns(plain, scan);
  const isLong = text.length > LONG_CHARS;
  const hasManyLines = scan.newlines > MANY_NEWLINES;
  let shape = 0;
  if (isLong) shape += note(found, 'long_text', POINTS.long);
  if (hasManyLines) shape += note(found, 'many_lines', POINTS.newlines);
  // A long text holds an ordinary phrase that looks weakly suspicious by chance: the greater of the two counts.
  let points = found.strong + Math.max(Math.min(found.weak, WEAK_POINTS_MAX), shape);
  if (isMostlySpecial(plain, scan)) points += note(found, 'special_characters', POINTS.special);
  points += addHidden(plain, scan, found);
  if (points === 0) return NO_RISK;
  return { percent: Math.min(points, POINTS_MAX), patterns: found.patterns };
}

/** Nothing in ASCII is in disguise, which saves most texts the way. */
function read(text: string): { plain: string; scan: TextScan } {
  const scan = TABLE.scan(text);
  if (scan.beyondAscii === 0) return { plain: text, scan };
  const plain = toPlainForm(text);
  return { plain, scan: plain === text ? scan : TABLE.scan(plain) };
}

function toInspected(text: string): string {
  if (text.length <= INSPECTED_HEAD_CHARS + INSPECTED_TAIL_CHARS) return text;
  return `${text.slice(0, INSPECTED_HEAD_CHARS)}\n${text.slice(-INSPECTED_TAIL_CHARS)}`;
}

function findPatterns(text: string, scan: TextScan): Found {
  const found: Found = { strong: 0, weak: 0, patterns: [] };
  let prose: string | null = null;
  for (const { form, name, severity } of selectPatterns(scan)) {
    prose ??= UNEVEN_SPACE.test(text) ? text.replace(WHITE_SPACE, ' ') : text;
    const matches = countMatches(form, form.multiline ? text : prose);
    if (matches === 0) continue;
    const points = SEVERITY[severity] * matches;
    if (severity === 'low') found.weak += points;
    else found.strong += points;
    found.patterns.push(name);
  }
  return found;
}

/** Those that may match: in nearly every text, none or a few. */
function selectPatterns({ tokens, hasOtherScripts }: TextScan): RiskPattern[] {
  const selected = hasOtherScripts ? [...OTHER_SCRIPTS] : [];
  if (tokens.length === 0) return selected;
  const bits = new Uint8Array(RISK_PATTERNS.length);
  for (const token of tokens) {
    for (const { pattern, bit } of SIGNS[token] ?? []) {
      if (bits[pattern] === COMPLETE[pattern]) continue;
      bits[pattern] = (bits[pattern] as number) | bit;
      if (bits[pattern] === COMPLETE[pattern]) selected.push(RISK_PATTERNS[pattern] as RiskPattern);
    }
  }
  return selected;
}

function toSigns(): { pattern: number; bit: number }[][] {
  const signs: { pattern: number; bit: number }[][] = [];
  for (const [pattern, { tokens }] of RISK_PATTERNS.entries()) {
    for (const [group, names] of tokens.entries()) {
      for (const name of names)
        (signs[TABLE.numberOf(name)] ??= []).push({ pattern, bit: 2 ** group });
    }
  }
  return signs;
}

function countMatches(form: RegExp, text: string): number {
  form.lastIndex = 0;
  let matches = 0;
  while (matches < MATCHES_COUNTED_MAX && form.test(text)) matches += 1;
  form.lastIndex = 0;
  return matches;
}

function isMostlySpecial(text: string, { asciiSigns, symbols }: TextScan): boolean {
  if (text.length < SPECIAL_CHARS_MIN || (asciiSigns + symbols) * 2 <= text.length) return false;
  let special = 0;
  for (const [run] of text.matchAll(SPECIAL_RUN)) special += run.length;
  return special * 2 > text.length;
}

/** What is encoded counts where, once decoded, it attacks: for being hidden, and for what it says. */
function addHidden(text: string, scan: TextScan, found: Found): number {
  let points = 0;
  for (const hidden of findHiddenTexts(text, scan)) {
    const { plain, scan: inner } = read(hidden);
    const inside = findPatterns(plain, inner);
    const worth = inside.strong + Math.min(inside.weak, WEAK_POINTS_MAX);
    if (worth === 0) continue;
    for (const name of inside.patterns) note(found, name, 0);
    points = Math.max(points, note(found, 'encoded_payload', POINTS.encoded) + worth);
  }
  return points;
}

function note(found: Found, name: string, points: number): number {
  if (!found.patterns.includes(name)) found.patterns.push(name);
  return points;
}
