const BASIC_PLANE_MAX = 0xffff;

/** Characters of a text as people count them in limits: Unicode code points, so that an emoji's two halves are one. */
export function countCharacters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at = toNext(text, at)) count += 1;
  return count;
}

/** The first characters of a text, counted in the same way: no more than `charactersMax`. */
export function takeCharacters(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  let at = 0;
  for (let count = 0; count < charactersMax && at < text.length; count += 1) at = toNext(text, at);
  return text.slice(0, at);
}

function toNext(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > BASIC_PLANE_MAX ? 2 : 1);
}
