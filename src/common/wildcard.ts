const ANY = '*';

/**
 * Whether the text has the form of the pattern, in which `*` stands for any characters, also none. Each piece
 * between the stars is looked for once, from left to right: nothing is tried again, so no pattern is slow.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const pieces = pattern.split(ANY);
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return text === pattern;
  const last = pieces.at(-1) ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found === -1 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}

/** Whether one of the patterns fits; an empty list forbids nothing. */
export function isAllowedBy(patterns: readonly string[] | undefined, text: string): boolean {
  if (!patterns || patterns.length === 0) return true;
  return patterns.some((pattern) => matchesWildcard(pattern, text));
}
