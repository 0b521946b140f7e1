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
const ORDINARY = /[\p{L}\p{M}\p{N}\s]/gu;
const WHITE_SPACE = /\s+/g;

interface Found {
  strong: number;
  weak: number;
  patterns: string[];
}

interface Watched {
  pattern: RiskPattern;
  /** Numbers of the tokens, group by group. */
  groups: readonly (readonly number[])[];
}

const TABLE = new TokenTable(RISK_PATTERNS.flatMap(({ tokens }) => tokens.flat()));
const WATCHED: readonly Watched[] = RISK_PATTERNS.map((pattern) => ({
  pattern,
  groups: pattern.tokens.map((group) => group.map((token) => TABLE.numberOf(token))),
}));

/** The risk of one text, by itself: no other text of the request makes it greater or smaller. */
export function scorePrompt(text: string): PromptRisk {
  const inspected = toInspected(text);
  const plain = toPlainForm(inspected);
  const scan = TABLE.scan(plain);
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

function toInspected(text: string): string {
  if (text.length <= INSPECTED_HEAD_CHARS + INSPECTED_TAIL_CHARS) return text;
  return `${text.slice(0, INSPECTED_HEAD_CHARS)}\n${text.slice(-INSPECTED_TAIL_CHARS)}`;
}

function findPatterns(text: string, scan: TextScan): Found {
  const found: Found = { strong: 0, weak: 0, patterns: [] };
  let prose: string | null = null;
  for (const watched of WATCHED) {
    if (!mayMatch(watched, scan)) continue;
    const { form, name, severity } = watched.pattern;
    prose ??= text.replace(WHITE_SPACE, ' ');
    const matches = countMatches(form, form.multiline ? text : prose);
    if (matches === 0) continue;
    const points = SEVERITY[severity] * matches;
    if (severity === 'low') found.weak += points;
    else found.strong += points;
    found.patterns.push(name);
  }
  return found;
}

function mayMatch({ groups }: Watched, { seen, hasOtherScripts }: TextScan): boolean {
  if (groups.length === 0) return hasOtherScripts;
  for (const group of groups) {
    let isSeen = false;
    for (const token of group) {
      if (seen[token] === 1) {
        isSeen = true;
        break;
      }
    }
    if (!isSeen) return false;
  }
  return true;
}

function countMatches(form: RegExp, text: string): number {
  form.lastIndex = 0;
  let matches = 0;
  while (matches < MATCHES_COUNTED_MAX && form.test(text)) matches += 1;
  form.lastIndex = 0;
  return matches;
}

function isMostlySpecial(text: string, { asciiSigns, beyondAscii }: TextScan): boolean {
  if (text.length < SPECIAL_CHARS_MIN || (asciiSigns + beyondAscii) * 2 <= text.length)
    return false;
  const ordinary = text.match(ORDINARY)?.reduce((sum, sign) => sum + sign.length, 0) ?? 0;
  return (text.length - ordinary) * 2 > text.length;
}

/** What is encoded counts where, once decoded, it attacks: for being hidden, and for what it says. */
function addHidden(text: string, scan: TextScan, found: Found): number {
  let points = 0;
  for (const hidden of findHiddenTexts(text, scan)) {
    const plain = toPlainForm(hidden);
    const inside = findPatterns(plain, TABLE.scan(plain));
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
