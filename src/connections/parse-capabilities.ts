import { DomainError } from '../common/domain-error.js';
import { TEXT_FORM } from '../common/text-form.js';
import { parseSize } from '../providers/size-rule.js';
import {
  IMAGE_BACKGROUNDS,
  IMAGE_FORMATS,
  IMAGE_OPERATIONS,
  type SizeRule,
} from '../providers/spec/image-model.js';
import type { ModelKind } from './domain/connection-record.js';
import { PLAIN_CAPABILITIES } from './plain-capabilities.js';

const COUNT_MAX = 100_000_000;
const WORDS_MAX = 64;
const WORD_CHARS_MAX = 64;
const ASPECT_MAX = 100;

/** Lists of the catalogue's own words; other lists hold the vendor's. */
const KNOWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  operations: IMAGE_OPERATIONS,
  formats: IMAGE_FORMATS,
  backgrounds: IMAGE_BACKGROUNDS,
};
const GRID_COUNTS = ['sideMinPx', 'sideMaxPx', 'stepPx', 'pixelsMin', 'pixelsMax'] as const;

/**
 * What somebody says a model can do, checked field by field.
 * @param given as written: `{n_max: 4}`
 * @returns as in the catalogue: `{nMax: 4}`
 * @throws DomainError `request.invalid` naming the field
 */
export function parseCapabilities(
  kind: ModelKind,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const plain = PLAIN_CAPABILITIES[kind] as unknown as Readonly<Record<string, unknown>>;
  const fields = Object.entries(given).map(([written, value]) => {
    const name = toCamel(written);
    const path = `capabilities.${written.slice(0, WORD_CHARS_MAX)}`;
    // A name in another spelling would otherwise be taken as well.
    if (!Object.hasOwn(plain, name) || toSnake(name) !== written) {
      const known = Object.keys(plain).map(toSnake).join(', ');
      throw DomainError.invalid(path, `is no capability of a model for ${kind}: ${known}`);
    }
    return [name, parseField(name, plain[name], value, path)];
  });
  return Object.fromEntries(fields) as Record<string, unknown>;
}

/** As it is written and shown. */
export function toWrittenCapabilities(
  capabilities: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(capabilities).map(([name, value]) => [
      toSnake(name),
      name === 'sizes' ? toWrittenCapabilities(value as Record<string, unknown>) : value,
    ]),
  );
}

function parseField(name: string, plain: unknown, value: unknown, path: string): unknown {
  if (name === 'sizes') return parseSizes(value, path);
  if (Array.isArray(plain)) return parseWords(value, KNOWN_WORDS[name] ?? null, path);
  if (typeof plain === 'boolean') {
    if (typeof value !== 'boolean') throw DomainError.invalid(path, 'must be true or false');
    return value;
  }
  return parseCount(value, path, name === 'inputImagesMax' ? 0 : 1);
}

function parseCount(value: unknown, path: string, least = 1): number {
  const isCount = typeof value === 'number' && Number.isInteger(value);
  if (isCount && value >= least && value <= COUNT_MAX) return value;
  throw DomainError.invalid(path, `must be a whole number from ${least} to ${COUNT_MAX}`);
}

function parseWords(value: unknown, known: readonly string[] | null, path: string): string[] {
  const isList = Array.isArray(value) && value.length <= WORDS_MAX;
  const isFit = (word: unknown): boolean =>
    typeof word === 'string' && (known?.includes(word) ?? isWord(word));
  if (isList && value.every(isFit) && new Set(value).size === value.length) {
    return value as string[];
  }
  const which = known ? `out of ${known.join(', ')}` : `of 1 to ${WORD_CHARS_MAX} characters`;
  throw DomainError.invalid(path, `must be a list of at most ${WORDS_MAX} words ${which}`);
}

/** Of the vendor's own; what the database cannot keep is none. */
function isWord(word: string): boolean {
  return word.length > 0 && word.length <= WORD_CHARS_MAX && TEXT_FORM.test(word);
}

function parseSizes(value: unknown, path: string): SizeRule {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (given.kind === 'list') {
    assertOnly(given, ['kind', 'sizes'], path);
    const sizes = parseWords(given.sizes, null, `${path}.sizes`);
    if (sizes.length > 0 && sizes.every((size) => parseSize(size) !== null)) {
      return { kind: 'list', sizes };
    }
    throw DomainError.invalid(`${path}.sizes`, 'must name sizes such as 1024x1024');
  }
  if (given.kind !== 'grid') throw DomainError.invalid(path, 'must have a kind of list or grid');
  assertOnly(given, ['kind', 'aspect_max', ...GRID_COUNTS.map(toSnake)], path);
  const counts = GRID_COUNTS.map((name) => [
    name,
    parseCount(given[toSnake(name)], `${path}.${toSnake(name)}`),
  ]);
  return {
    kind: 'grid',
    ...(Object.fromEntries(counts) as Record<(typeof GRID_COUNTS)[number], number>),
    aspectMax: parseAspect(given.aspect_max, `${path}.aspect_max`),
  };
}

function parseAspect(value: unknown, path: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value >= 1 && value <= ASPECT_MAX) return value;
  throw DomainError.invalid(path, `must be a number from 1 to ${ASPECT_MAX}, or null`);
}

function assertOnly(given: object, known: readonly string[], path: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw DomainError.invalid(
    `${path}.${unknown.slice(0, WORD_CHARS_MAX)}`,
    `is unknown: ${known.join(', ')}`,
  );
}

function toCamel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function toSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
