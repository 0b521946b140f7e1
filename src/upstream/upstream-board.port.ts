import type { MarkName, UpstreamMark } from './domain/upstream-mark.js';

/** Calls of one process on one connection. */
export interface ConnectionLoad {
  running: number;
  waiting: number;
}

export interface BoardNews {
  /** All marks there are; null = as last heard. `untilMs` by the clock of this process. */
  marks: readonly UpstreamMark[] | null;
  /** Of the other processes together, by connection. */
  loads: ReadonlyMap<string, ConnectionLoad>;
}

export interface NewMark extends MarkName {
  reason: string;
  lastsMs: number;
}

/**
 * What processes tell each other of connections. A board that is away says so, and each goes by what it saw itself.
 * `REDIS_URL` makes all processes read one board. Port and injection token.
 */
export abstract class UpstreamBoard {
  /** False: there is one process, and nothing to hear. */
  abstract readonly isShared: boolean;

  /** Posts a mark unless one is there that lasts longer. False = nobody else knows of it. */
  abstract put(mark: NewMark): Promise<boolean>;

  abstract clear(names: readonly MarkName[]): Promise<void>;

  /** Tells this process's load and hears the news; null = the board is away. */
  abstract sync(loads: ReadonlyMap<string, ConnectionLoad>): Promise<BoardNews | null>;

  /** True for one process alone until it is given back or `PROBE_TTL_MS` has passed; true for all while away. */
  abstract takeProbe(connectionId: string): Promise<boolean>;

  abstract giveBackProbe(connectionId: string): Promise<void>;
}

/** A probe that is still under way after so long does not keep others from trying. */
export const PROBE_TTL_MS = 60_000;
/** So long after its end a breaker is remembered as half open; then it counts as closed. */
export const HALF_OPEN_MEMORY_MS = 3_600_000;
/** The mark that would end first makes room. */
export const MARKS_MAX = 10_000;
