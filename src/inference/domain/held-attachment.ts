/** A picture in high detail; vendors count 85 to some 1,600. */
export const TOKENS_PER_IMAGE = 2_000;

/** Spoken or drawn input, by its base64. */
const BASE64_CHARS_PER_TOKEN = 40;
/** Of a text in base64. */
const BASE64_CHARS_PER_TEXT_TOKEN = 4;
/** Files of these forms are compressed or drawn, others are taken for texts in base64. */
const NO_TEXT_FILE = /^data:application\/(?:pdf|msword|zip|vnd\.)/i;

/**
 * Tokens of an attached file or sound, rather too many than too few.
 * @param chars of all that is sent of it
 * @param data its content as a `data:` URL; anything else = it is no text
 */
export function toAttachmentTokens(chars: number, data: unknown): number {
  const isText = typeof data === 'string' && !NO_TEXT_FILE.test(data);
  return Math.ceil(chars / (isText ? BASE64_CHARS_PER_TEXT_TOKEN : BASE64_CHARS_PER_TOKEN));
}
