import type { Generation } from './generation.js';
import { NORMAL_RANK } from './priority.js';

export interface QueueBounds {
  queuedPerSpaceMax: number;
  queuedMax: number;
}

/**
 * What an admission says to the queue: its place in the order, and whether it waits there, for then the bounds count.
 * Nothing for what runs at once by the rule.
 */
export function toQueueMember(
  { id, searchSpaceId, priority, deadlineAt, retriedFrom }: Generation,
  waits: boolean,
  bounds: QueueBounds,
): { queue?: Record<string, unknown> } {
  const isPlain = priority === NORMAL_RANK && deadlineAt === null && retriedFrom === null;
  if (isPlain && !waits) return {};
  return {
    queue: {
      generation_id: id,
      search_space_id: searchSpaceId,
      priority,
      deadline_at: deadlineAt,
      retried_from: retriedFrom,
      waits,
      space_max: bounds.queuedPerSpaceMax,
      all_max: bounds.queuedMax,
    },
  };
}
