/** How urgent a generation is among those of its space; between spaces it counts nothing. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** As it is stored: 0 goes first. */
export type PriorityRank = 0 | 1 | 2;

const RANKS: Readonly<Record<Priority, PriorityRank>> = { high: 0, normal: 1, low: 2 };

export const NORMAL_RANK: PriorityRank = RANKS.normal;

export function toRank(priority: Priority | undefined): PriorityRank {
  return priority === undefined ? NORMAL_RANK : RANKS[priority];
}

export function toPriority(rank: PriorityRank): Priority {
  return PRIORITIES[rank];
}
