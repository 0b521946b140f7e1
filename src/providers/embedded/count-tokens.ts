/** A token is four bytes of UTF-8: a stated rule, good for money that one can reckon by hand. */
const BYTES_PER_TOKEN = 4;
/** What each message costs beside its text. */
export const TOKENS_PER_MESSAGE = 4;

export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The longest start of a text that is at most so many tokens; never half a character. */
export function cutToTokens(text: string, tokensMax: number): string {
  const bytes = Buffer.from(text);
  let end = tokensMax * BYTES_PER_TOKEN;
  if (bytes.length <= end) return text;
  while (end > 0 && isInsideCharacter(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function isInsideCharacter(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}
