const HINT_CHARS = 4;
/** Of a shorter key four characters would be a good part. */
const KEY_CHARS_MIN = 16;
const WORD_END = /[A-Za-z0-9_-]{4}$/;

/** The last four of a key, by which its owner tells it from others; null where they would tell nothing, or too much. */
export function toKeyHint(apiKey: string): string | null {
  if (apiKey.length < KEY_CHARS_MIN || !WORD_END.test(apiKey)) return null;
  return apiKey.slice(-HINT_CHARS);
}
