/** One of what a public name stands for. */
export interface RouteTarget {
  /** Public name of a model, or of another route. `$1` or `*`: what the wildcard in the route's name stood for. */
  model: string;
  /** This connection alone; null = every one that serves the model. */
  connectionId: string | null;
  /** 1 to 1,000: its share among the targets of one tier. */
  weight: number;
  /** Tier, from 0: lower ones come first, higher ones are what they fall back to. */
  order: number;
}

/** A public name that operators gave, and what it stands for. */
export interface Route {
  id: string;
  /** Null = for every space. */
  searchSpaceId: string | null;
  /** Exact, or with one `*` for any characters. */
  name: string;
  targets: readonly RouteTarget[];
  /** Whether a caller who says nothing gets more than the first candidate. */
  enableFallback: boolean;
  /** Whether names that match no route are refused where this route counts. */
  isRestricting: boolean;
  note: string | null;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Of an installation: every process keeps all of them. */
export const ROUTES_MAX = 2_000;
export const TARGETS_MAX = 20;
export const ROUTE_NAME_LENGTH_MAX = 200;
export const WEIGHT_MAX = 1_000;
export const ORDER_MAX = 19;
/** Names gone through one after another, the first included. */
export const CHAIN_MAX = 5;
/** Models that one name may come down to. */
export const STOPS_MAX = 50;

/** A model that a name comes down to. */
export interface Stop {
  model: string;
  connectionId: string | null;
  /** From the name asked for to the model; one name alone when it is the model. */
  chain: readonly string[];
  /** Why it leads nowhere; null = it does not. */
  fault: 'loop' | 'chain_too_long' | null;
}
