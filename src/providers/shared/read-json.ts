/** Reading what a vendor sent: anything unexpected is absent, nothing throws. */

const WORD_CHARS_MAX = 100;

export type JsonRecord = Readonly<Record<string, unknown>>;

export function toRecord(value: unknown): JsonRecord | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonRecord)
    : null;
}

export function toRecords(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.map((item) => toRecord(item) ?? {}) : [];
}

export function toText(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 ? value : null;
}

/** A code or name: short, or a number. */
export function toWord(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length > 0 && value.length <= WORD_CHARS_MAX
    ? value
    : null;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
