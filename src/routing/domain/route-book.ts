import { orderByRendezvous } from './rendezvous.js';
import { CHAIN_MAX, type Route, type RouteTarget, type Stop, STOPS_MAX } from './route.js';
import { findCapture, isWildcard, putCapture } from './wildcard-name.js';

/** What counts in one space: its own routes and those for all. */
interface Shelf {
  exact: ReadonlyMap<string, Route>;
  /** Longest first. */
  wildcards: readonly Route[];
  isRestricting: boolean;
}

export interface Resolution {
  /** The route of the name itself; null = the name is a model's. */
  route: Route | null;
  /** In the order of preference for the space; never empty. */
  stops: readonly Stop[];
}

interface Walk {
  searchSpaceId: string;
  chain: readonly string[];
  connectionId: string | null;
}

const EVERYWHERE = '';
const NOTHING: Shelf = { exact: new Map(), wildcards: [], isRestricting: false };

/** Every route, as it is looked up: a space's own before the global ones, an exact name before a wildcard, a longer wildcard before a shorter. */
export class RouteBook {
  private readonly everywhere: Shelf;
  private readonly spaces: ReadonlyMap<string, Shelf>;

  constructor(readonly routes: readonly Route[]) {
    const bySpace = groupBy(routes, ({ searchSpaceId }) => searchSpaceId ?? EVERYWHERE);
    this.everywhere = toShelf(bySpace.get(EVERYWHERE) ?? []);
    bySpace.delete(EVERYWHERE);
    this.spaces = new Map([...bySpace].map(([id, own]) => [id, toShelf(own)]));
  }

  /** Spaces that have routes of their own. */
  listSpaceIds(): string[] {
    return [...this.spaces.keys()];
  }

  /** What counts in the space, its own first; null = in a space without own routes. */
  listFor(searchSpaceId: string | null): Route[] {
    return [this.shelfOf(searchSpaceId), this.everywhere].flatMap(({ exact, wildcards }) => [
      ...exact.values(),
      ...wildcards,
    ]);
  }

  /** The most specific route for the name; null = none matches. */
  find(searchSpaceId: string | null, name: string): Route | null {
    return findOn(this.shelfOf(searchSpaceId), name) ?? findOn(this.everywhere, name);
  }

  /** The route of exactly this name; wildcards are not looked at. */
  findExact(searchSpaceId: string | null, name: string): Route | null {
    const own = this.shelfOf(searchSpaceId).exact.get(name);
    return own ?? this.everywhere.exact.get(name) ?? null;
  }

  /** Whether only names that match a route may be asked for in the space. */
  isRestricted(searchSpaceId: string): boolean {
    return this.everywhere.isRestricting || this.shelfOf(searchSpaceId).isRestricting;
  }

  /**
   * What the name comes down to in the space. Wildcards are for what callers write: a name that a route leads to is
   * looked up among exact names alone, so that a `*` for all the rest takes nothing away from other routes.
   */
  resolve(searchSpaceId: string, name: string): Resolution {
    const route = this.find(searchSpaceId, name);
    const walk = { searchSpaceId, chain: [name], connectionId: null };
    const stops: Stop[] = [];
    this.follow(route, walk, stops);
    return { route, stops };
  }

  /** Adds what the last name of the chain comes down to, while there is room. */
  private follow(route: Route | null, walk: Walk, stops: Stop[]): void {
    const { searchSpaceId, chain, connectionId } = walk;
    const name = chain.at(-1) ?? '';
    if (!route) {
      stops.push({ model: name, connectionId, chain, fault: null });
      return;
    }
    const capture = findCapture(route.name, name);
    for (const target of orderTargets(searchSpaceId, route)) {
      if (stops.length >= STOPS_MAX) return;
      const model = putCapture(target.model, capture);
      const stop = { model, connectionId: target.connectionId ?? connectionId };
      const longer = [...chain, model];
      const next = this.findExact(searchSpaceId, model);
      // A name that stands for itself, among others or on a connection, is the model of that name.
      if (model === name) stops.push({ ...stop, chain, fault: null });
      else if (next && chain.includes(model)) stops.push({ ...stop, chain: longer, fault: 'loop' });
      else if (next && longer.length >= CHAIN_MAX) {
        stops.push({ ...stop, chain: longer, fault: 'chain_too_long' });
      } else {
        this.follow(next, { ...walk, chain: longer, connectionId: stop.connectionId }, stops);
      }
    }
  }

  private shelfOf(searchSpaceId: string | null): Shelf {
    return this.spaces.get(searchSpaceId ?? EVERYWHERE) ?? NOTHING;
  }
}

/** Tier by tier; within a tier each space has its own order, drawn by weight. */
export function orderTargets(
  searchSpaceId: string,
  { name, targets }: Pick<Route, 'name' | 'targets'>,
): RouteTarget[] {
  const tiers = groupBy(targets, ({ order }) => order);
  return [...tiers]
    .sort(([left], [right]) => left - right)
    .flatMap(([, tier]) =>
      orderByRendezvous(`${searchSpaceId}\n${name}`, tier, ({ model, connectionId, weight }) => ({
        id: `${model}\n${connectionId ?? ''}`,
        weight,
      })),
    );
}

function toShelf(routes: readonly Route[]): Shelf {
  const isOpen = ({ name }: Route) => isWildcard(name);
  return {
    exact: new Map(routes.filter((route) => !isOpen(route)).map((route) => [route.name, route])),
    wildcards: routes
      .filter(isOpen)
      .sort((left, right) => right.name.length - left.name.length || (left.id < right.id ? -1 : 1)),
    isRestricting: routes.some(({ isRestricting }) => isRestricting),
  };
}

function findOn({ exact, wildcards }: Shelf, name: string): Route | null {
  const route = exact.get(name);
  if (route) return route;
  return wildcards.find((one) => findCapture(one.name, name) !== null) ?? null;
}

function groupBy<K, T>(items: readonly T[], toKey: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = toKey(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
