export const ENDED_STATUSES = ['succeeded', 'partially_succeeded', 'failed', 'canceled'] as const;
export type EndedStatus = (typeof ENDED_STATUSES)[number];
export const CLEARED_ROLES = ['output', 'input', 'mask'] as const;
export type ClearedRole = (typeof CLEARED_ROLES)[number];

/** Generations that one plan names at most; `next` goes on from there. */
export const PLANNED_MAX = 10_000;
/** Plans of one space, or of all, that nobody has begun; the oldest make room. */
export const PLANS_MAX = 50;
/** A plan that is older shows what may not be so any more. */
export const PLAN_TTL_S = 24 * 60 * 60;

/** Which generations a clearing is about. */
export interface CleanupFilters {
  /** Null = of all spaces. */
  searchSpaceId: string | null;
  madeBefore: Date;
  statuses: readonly EndedStatus[];
  /** With `output` the generations go whole; without it only these pictures of theirs do. */
  roles: readonly ClearedRole[];
  keepsFavourites: boolean;
  /** Bytes that no picture uses any more and that were left behind, too. */
  includesOrphans: boolean;
  /** `next` of the plan before. */
  after: string | null;
}

/** A clearing that was shown, and how far it has come. */
export interface Cleanup {
  id: string;
  searchSpaceId: string | null;
  state: 'planned' | 'running' | 'done';
  generations: number;
  pictures: number;
  /** What the store holds less afterwards: pictures that others use as well count nothing. */
  bytes: number;
  /** Generations that are left out because a legal hold keeps them. */
  heldBack: number;
  next: string | null;
  doneGenerations: number;
  donePictures: number;
  /** Planned, and gone or held when their turn came. */
  passedOver: number;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface CleanupWork {
  id: string;
  searchSpaceId: string | null;
  roles: readonly ClearedRole[];
  includesOrphans: boolean;
}
