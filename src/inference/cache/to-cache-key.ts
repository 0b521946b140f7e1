import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import type { JsonValue } from '../../common/json-value.js';

// The package is CommonJS with a default export; its types say otherwise under nodenext.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** Another one whenever the form of keys or of what is kept under them changes. */
const KEY_VERSION = 2;

/**
 * What does not change the answer: how it is sent, and whom it is for. The name that was asked for gives way to the model
 * that runs.
 */
const IRRELEVANT: ReadonlySet<string> = new Set([
  'model',
  // Vectors are kept as such.
  'encoding_format',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
]);

const HALF_CHARACTER = /\p{Surrogate}/u;

export type CacheRoute = 'chat' | 'embedding';

export interface KeyParts {
  searchSpaceId: string;
  /** Of the space's choice; what was kept under another one is never found. */
  edition: number;
  route: CacheRoute;
  provider: string;
  /** Public name of the model that runs. */
  model: string;
  /** Whose credentials it may be answered with: what one connection said is not told as the word of another. */
  credentials: readonly string[];
  request: Readonly<Record<string, JsonValue>>;
}

/**
 * SHA-256 (hex), equal for requests that would be answered alike: neither the order of fields nor the way a number or a
 * character is written counts. Null = the request cannot be told apart from others: a number that JavaScript holds only
 * nearly, as a seed beyond 2^53, half a character, or fields within fields beyond the depth of the stack.
 */
export function toCacheKey(parts: KeyParts): string | null {
  const { searchSpaceId, edition, route, provider, model, credentials } = parts;
  const request = Object.fromEntries(
    Object.entries(parts.request).filter(([name]) => !IRRELEVANT.has(name)),
  );
  try {
    if (!isExact(request)) return null;
    const runs = [route, provider, model, credentials];
    const whole = [KEY_VERSION, searchSpaceId, edition, ...runs, request];
    return createHash('sha256').update(canonicalize(whole)!).digest('hex');
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isExact(value: JsonValue): boolean {
  if (typeof value === 'number') {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  }
  if (typeof value === 'string') return !HALF_CHARACTER.test(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([name, member]) => isExact(name) && isExact(member));
}
