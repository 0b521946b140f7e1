import type { Connection } from '../connections/connection.js';
import type { ChatModel, EmbeddingModel } from '../providers/spec/chat-model.js';
import type { ImageModel } from '../providers/spec/image-model.js';

/** A model of any kind. */
export type AnyModel = ImageModel | ChatModel | EmbeddingModel;
export type ModelKind = AnyModel['kind'];

/** How the model was found. */
export type RouteLayer = 'named' | 'route' | 'auto' | 'preference' | 'default';

/** Which model and connection an attempt uses: chosen once, priced and run as chosen. */
export interface Candidate<M extends AnyModel = ImageModel> {
  model: M;
  connection: Connection;
  /** What the vendor calls the model; null = as we do. */
  vendorModel: string | null;
  /** What is asked of the model; null = left to it, or a model of text. */
  size: { widthPx: number | null; heightPx: number | null };
  /** Whether a session holds to it. */
  isSticky: boolean;
  /** Whether it is of our choice, and not what the name stands for: the name's price is not its price. */
  isOurChoice: boolean;
}

/** Of those that were weighed, how many are told. */
export const CANDIDATES_TOLD_MAX = 20;

/** One model on one connection, and why it stands where it does. */
export interface WeighedCandidate {
  model: string;
  provider: string;
  connection: string;
  /** Null = it was passed over before it was weighed. */
  score: number | null;
  /** What the score is made of: priority, load, queue, errors, speed. */
  parts: Readonly<Record<string, number>> | null;
  outcome: 'chosen' | 'fallback' | 'skipped';
  /**
   * Of one that was skipped: `cooling_down`, `breaker_open`, `capability`, `retired`, `no_price`, `beyond_limit`…
   * (docs/routing.md lists them); else null.
   */
  reason: string | null;
}

/** Why what runs runs: stored with the generation, shown by quotes. */
export interface RouteDecision {
  layer: RouteLayer;
  /** What the caller asked for; null = nothing. */
  requested: string | null;
  /** Name of the route that matched; null = none. */
  route: string | null;
  /** Models in the order they were gone through: the requested name, what it was mapped to. */
  chain: readonly string[];
  stickyHit: boolean;
  /** At most CANDIDATES_TOLD_MAX, in order. */
  candidates: readonly WeighedCandidate[];
  /** How many there were. */
  candidateCount: number;
  /** Among how many of the best of the model the order was drawn. */
  topK: number;
  /** Standard deviation of the load rates, in percent of full load. */
  loadSkew: number;
  /** Microseconds it took. */
  decidedInUs: number;
}

/** In the order in which they are tried: the first, then what it may fall back to. Never empty. */
export interface RoutePlan<M extends AnyModel = ImageModel> {
  candidates: readonly Candidate<M>[];
  decision: RouteDecision;
}

export interface RouteQuestion {
  searchSpaceId: string;
  /** As the caller wrote it: a name, `auto`, or null. */
  model: string | null;
  /** False: the first candidate alone. True: other models too. Undefined: as the route has it. */
  enableFallback: boolean | undefined;
  /** Most candidates after the first; undefined = the setting. */
  maxRetries: number | undefined;
  /** What holds a conversation to a connection, as the client told it; null = nothing. */
  session: string | null;
  /** Whether the caller may ask for this model at all. */
  isAllowed(model: string): boolean;
  /** What the order of connections is drawn from where there is no session; undefined = chance. */
  seed?: string;
  /** Why this one is not to be used, as `no_credit`; null = it may be. Undefined: all may. */
  findObjection?(model: string, connection: Connection): string | null;
}
