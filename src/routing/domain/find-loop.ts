import { CHAIN_MAX, type Route } from './route.js';
import type { RouteBook } from './route-book.js';
import { findCapture, isWildcard, toPattern } from './wildcard-name.js';

/** Names gone through so far. */
type Path = readonly string[];

interface Search {
  book: RouteBook;
  searchSpaceId: string | null;
  /** Names from which all ways end, each with the longest way on. */
  known: Map<string, number>;
}

/**
 * Whether the names that a route stands for lead back to one of them, or through more than CHAIN_MAX names. Looks at
 * the space's routes and the global ones; null = a space without own routes.
 * @returns the names gone through; null = all is well
 */
export function findLoop(
  book: RouteBook,
  searchSpaceId: string | null,
  route: Pick<Route, 'name' | 'targets'>,
): Path | null {
  const search = { book, searchSpaceId, known: new Map<string, number>() };
  const found = follow(search, [route.name], route);
  return typeof found === 'number' ? null : found;
}

/** How many names follow at most, or the path that does not end. */
function follow(
  search: Search,
  path: Path,
  route: Pick<Route, 'name' | 'targets'> | null,
): number | Path {
  const name = path.at(-1) ?? '';
  const known = search.known.get(name);
  if (known !== undefined) return path.length + known > CHAIN_MAX ? path : known;
  let longest = 0;
  for (const next of route ? listNext(search, route) : []) {
    if (next === name) continue;
    const longer = [...path, next];
    if (path.includes(next) || longer.length > CHAIN_MAX) return longer;
    const further = follow(search, longer, search.book.findExact(search.searchSpaceId, next));
    if (typeof further !== 'number') return further;
    longest = Math.max(longest, 1 + further);
  }
  search.known.set(name, longest);
  return longest;
}

/** Where the wildcard's text is not known yet, every name that it may come to. */
function listNext(
  { book, searchSpaceId }: Search,
  { name, targets }: Pick<Route, 'name' | 'targets'>,
): string[] {
  if (!isWildcard(name)) return targets.map(({ model }) => model);
  return targets.flatMap(({ model }) => {
    const pattern = toPattern(model);
    if (!isWildcard(pattern)) return [pattern];
    return book
      .listFor(searchSpaceId)
      .map((route) => route.name)
      .filter((one) => !isWildcard(one) && findCapture(pattern, one) !== null);
  });
}
