import { compareText, orderByRendezvous } from './rendezvous.js';

/** A: on a connection of the house. BYOK: on own keys of the space alone. */
export type AutoTier = 'A' | 'BYOK';

/** A model that may be chosen. */
export interface AutoModel {
  id: string;
  tier: AutoTier;
  /** 0 to 100, as operators or the catalogue say. */
  quality: number;
  /** 0 to 1: how much of what it was called for succeeded; 1 = nothing is known against it. */
  success: number;
}

export interface AutoChoice {
  /** The chosen one, then what it falls back to. */
  ids: string[];
  /** On own keys, after all else: nothing but a means for who has no credit. Empty where the choice is among these. */
  ownIds: string[];
  /** Good enough, and not among the best. */
  beyondIds: string[];
}

/** Among how many of the best a space is given its model. */
export const AUTO_TOP = 5;
/** Below it a model is not chosen. */
export const SUCCESS_MIN = 0.9;
/** Fewer calls say nothing about it. */
export const CALLS_MIN = 20;
const STATIC_SHARE = 0.5;

/**
 * Only the house's models where there is one; the best by quality, half of it what is said of them and half how they
 * fare; among these each space has its own order, which a change of the list moves only where it must.
 */
export function chooseAuto(models: readonly AutoModel[], searchSpaceId: string): AutoChoice {
  const house = models.filter(({ tier }) => tier === 'A');
  const own = models.filter(({ tier }) => tier === 'BYOK');
  const [first, after] = house.length > 0 ? [house, own] : [own, []];
  const ranked = rank(first);
  return {
    ids: spread(ranked.slice(0, AUTO_TOP), searchSpaceId),
    ownIds: spread(rank(after).slice(0, AUTO_TOP), searchSpaceId),
    beyondIds: ranked.slice(AUTO_TOP).map(({ id }) => id),
  };
}

/** Whether it fails too often; with too few calls nothing is held against it. */
export function isFailing(errorRate: number, calls: number | undefined): boolean {
  return calls !== undefined && calls >= CALLS_MIN && 1 - errorRate < SUCCESS_MIN;
}

function rank(models: readonly AutoModel[]): AutoModel[] {
  return [...models].sort(
    (left, right) => toQuality(right) - toQuality(left) || compareText(left.id, right.id),
  );
}

function toQuality({ quality, success }: AutoModel): number {
  return STATIC_SHARE * quality + (1 - STATIC_SHARE) * 100 * success;
}

function spread(models: readonly AutoModel[], searchSpaceId: string): string[] {
  return orderByRendezvous(searchSpaceId, models, ({ id }) => ({ id, weight: 1 })).map(
    ({ id }) => id,
  );
}
