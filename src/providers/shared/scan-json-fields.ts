const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const SPACES: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];
/** An answer with more is none that we know. */
const FIELDS_MAX = 64;

/** Where the fields of one JSON object lie: `[start, end)` of each value. The last of equal names counts, as in JavaScript. */
export interface JsonFields {
  ranges: ReadonlyMap<string, readonly [start: number, end: number]>;
  /** Behind the closing brace. */
  end: number;
}

/**
 * Finds the fields of an object without parsing what is in them: text, the greater part of a chat answer, is skipped by
 * the machine's own search for a quote, so the cost grows with the number of signs and not of bytes. Text within a value
 * is never taken for a field. Null = not the outline of an object; what is inside the values is not checked.
 */
export function scanJsonFields(bytes: Buffer, from = 0): JsonFields | null {
  const ranges = new Map<string, readonly [number, number]>();
  let at = skipSpace(bytes, from);
  if (bytes[at] !== OBJECT_OPEN) return null;
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === OBJECT_CLOSE) return { ranges, end: at + 1 };
  while (bytes[at] === QUOTE && ranges.size < FIELDS_MAX) {
    const nameEnd = skipString(bytes, at);
    if (nameEnd < 0) return null;
    const name = bytes.toString('utf8', at + 1, nameEnd - 1);
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) return null;
    const start = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, start);
    if (end < 0) return null;
    ranges.set(name, [start, end]);
    at = skipSpace(bytes, end);
    if (bytes[at] === OBJECT_CLOSE) return { ranges, end: at + 1 };
    if (bytes[at] !== COMMA) return null;
    at = skipSpace(bytes, at + 1);
  }
  return null;
}

/** One value, parsed; undefined = no such field, or not to be parsed. */
export function readJsonField(bytes: Buffer, fields: JsonFields, name: string): unknown {
  const range = fields.ranges.get(name);
  if (!range) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8', ...range)) as unknown;
  } catch {
    return undefined;
  }
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && SPACES.includes(bytes[at] as number)) at += 1;
  return at;
}

/** @param from the opening quote. Behind the closing one; -1 = there is none. */
function skipString(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(QUOTE, at + 1);
    if (at < 0) return -1;
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
}

function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first !== OBJECT_OPEN && first !== ARRAY_OPEN) return skipWord(bytes, from);
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const sign = bytes[at];
    if (sign === QUOTE) {
      at = skipString(bytes, at) - 1;
      if (at < 0) return -1;
    } else if (sign === OBJECT_OPEN || sign === ARRAY_OPEN) depth += 1;
    else if (sign === OBJECT_CLOSE || sign === ARRAY_CLOSE) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** A number, true, false or null. -1 = nothing, or something without an end. */
function skipWord(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const sign = bytes[at] as number;
    if (sign === COMMA || sign === OBJECT_CLOSE || SPACES.includes(sign))
      return at > from ? at : -1;
    if (sign === QUOTE || sign === COLON) return -1;
  }
  return -1;
}
