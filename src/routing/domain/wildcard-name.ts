const ANY = '*';
/** Both stand for the wildcard's text; a function, so that no `$` in the text is taken for more. */
const PLACES = /\$1|\*/g;

export function isWildcard(name: string): boolean {
  return name.includes(ANY);
}

/** What the one `*` of the pattern stands for in the name; null = the name is of another form. */
export function findCapture(pattern: string, name: string): string | null {
  const at = pattern.indexOf(ANY);
  if (at === -1) return null;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  if (name.length < before.length + after.length) return null;
  if (!name.startsWith(before) || !name.endsWith(after)) return null;
  return name.slice(before.length, name.length - after.length);
}

/** The target's name with the wildcard's text put in; as it is where there was no wildcard. */
export function putCapture(target: string, capture: string | null): string {
  return capture === null ? target : target.replaceAll(PLACES, () => capture);
}

/** The target as a pattern of one star: what it may become, whatever the wildcard stands for. */
export function toPattern(target: string): string {
  const pieces = target.split(PLACES);
  return pieces.length === 1 ? target : `${pieces[0]}${ANY}${pieces.at(-1)}`;
}
