/** Code points of a prompt at the most, whatever way it comes in. */
export const PROMPT_CHARS_MAX = 10_000;
