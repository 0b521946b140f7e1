import { compareText } from './rendezvous.js';

/** How a connection stands at the moment of the choice. */
export interface ConnectionState {
  id: string;
  /** 0 to 100: higher is preferred. */
  priority: number;
  /** Calls at once at which it is fully loaded; ≥ 1. */
  loadFactor: number;
  running: number;
  waiting: number;
  /** 0 to 1. */
  errorRate: number;
  /** Until an answer begins; null = not known. */
  answerMs: number | null;
}

/** What a score is made of: each already multiplied by its weight, so that they add up to it. */
export interface ScoreParts extends Readonly<Record<string, number>> {
  priority: number;
  load: number;
  queue: number;
  errors: number;
  speed: number;
}

export interface WeighedConnection {
  id: string;
  score: number;
  parts: ScoreParts;
  /** Percent of full load; more than 100 where calls wait. */
  loadRate: number;
}

/** Among how many of the best the order is drawn. */
export const TOP_K = 7;
/** What each part can add to the score. */
export const SCORE_WEIGHTS = { priority: 1, load: 1, queue: 0.7, errors: 0.8, speed: 0.5 } as const;
/** Of a connection of which nothing is known, and where all are alike. */
const SPEED_UNKNOWN = 0.5;

/** Best first; ties by priority, load, waiting calls and id. */
export function weighConnections(states: readonly ConnectionState[]): WeighedConnection[] {
  const priorities = toRange(states.map(({ priority }) => priority));
  const times = toRange(states.flatMap(({ answerMs }) => answerMs ?? []));
  const waitingMax = Math.max(0, ...states.map(({ waiting }) => waiting));
  const weighed = states.map((state) => {
    const loadRate = toLoadRate(state);
    const shares = {
      priority: toShare(state.priority, priorities, 1),
      load: 1 - Math.min(loadRate / 100, 1),
      queue: waitingMax === 0 ? 1 : 1 - state.waiting / waitingMax,
      errors: 1 - Math.min(Math.max(state.errorRate, 0), 1),
      speed:
        state.answerMs === null || times.max === times.min
          ? SPEED_UNKNOWN
          : 1 - toShare(state.answerMs, times, 1),
    };
    const parts = toParts(shares);
    const score = Object.values(parts).reduce((sum, part) => sum + part, 0);
    return { state, weighed: { id: state.id, score, parts, loadRate } };
  });
  return weighed
    .sort(
      (left, right) =>
        right.weighed.score - left.weighed.score ||
        right.state.priority - left.state.priority ||
        left.weighed.loadRate - right.weighed.loadRate ||
        left.state.waiting - right.state.waiting ||
        compareText(left.state.id, right.state.id),
    )
    .map(({ weighed: one }) => one);
}

/**
 * The order in which they are tried: the best TOP_K in an order drawn by `score − least score + 1`, without putting
 * back; then the others as they were.
 * @param ranked best first
 */
export function drawOrder(
  ranked: readonly WeighedConnection[],
  random: () => number,
): WeighedConnection[] {
  if (ranked.length < 2) return [...ranked];
  const left = ranked.slice(0, TOP_K);
  const least = Math.min(...left.map(({ score }) => score));
  const drawn: WeighedConnection[] = [];
  while (left.length > 0) {
    const weights = left.map(({ score }) => score - least + 1);
    let point = random() * weights.reduce((sum, weight) => sum + weight, 0);
    const found = weights.findIndex((weight) => (point -= weight) < 0);
    // Rounding may leave nothing: then it is the last.
    drawn.push(...left.splice(found === -1 ? left.length - 1 : found, 1));
  }
  return [...drawn, ...ranked.slice(TOP_K)];
}

/** Standard deviation of the load rates, in percent of full load; 0 for one alone. */
export function toLoadSkew(rates: readonly number[]): number {
  if (rates.length === 0) return 0;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return Math.sqrt(variance);
}

function toLoadRate({ running, waiting, loadFactor }: ConnectionState): number {
  return ((running + waiting) * 100) / Math.max(loadFactor, 1);
}

function toParts(shares: Readonly<Record<keyof typeof SCORE_WEIGHTS, number>>): ScoreParts {
  return {
    priority: SCORE_WEIGHTS.priority * shares.priority,
    load: SCORE_WEIGHTS.load * shares.load,
    queue: SCORE_WEIGHTS.queue * shares.queue,
    errors: SCORE_WEIGHTS.errors * shares.errors,
    speed: SCORE_WEIGHTS.speed * shares.speed,
  };
}

interface Range {
  min: number;
  max: number;
}

function toRange(values: readonly number[]): Range {
  return { min: Math.min(...values), max: Math.max(...values) };
}

/** Where in the range it lies, from 0 to 1. */
function toShare(value: number, { min, max }: Range, whenAlike: number): number {
  return max > min ? (value - min) / (max - min) : whenAlike;
}
