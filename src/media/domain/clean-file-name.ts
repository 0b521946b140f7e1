export const FILE_NAME_CHARACTERS_MAX = 200;

/** Control characters, and those that turn the direction of what is shown or are not seen at all. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu;

/**
 * What is left of a name that a client gave a file, for display alone: its last part, without what is not seen.
 * Null = nothing is left.
 */
export function cleanFileName(given: string | null | undefined): string | null {
  const last = (given ?? '').split(/[/\\]/).at(-1) ?? '';
  const seen = last.replace(UNSEEN, '').trim().replace(/^\.+$/, '');
  const cut = [...seen].slice(0, FILE_NAME_CHARACTERS_MAX).join('').trim();
  return cut === '' ? null : cut;
}
