import type { Cleanup } from '../domain/cleanup.js';

export interface CleanupRow {
  id: string;
  search_space_id: string | null;
  state: Cleanup['state'];
  generations: number;
  pictures: number;
  bytes: string;
  held_back: number;
  next_after: string | null;
  done_generations: number;
  done_pictures: number;
  passed_over: number;
  created_at: Date;
  finished_at: Date | null;
}

export const CLEANUP_COLUMNS = `id, search_space_id, state, generations, pictures, bytes, held_back, next_after,
  done_generations, done_pictures, passed_over, created_at, finished_at`;

export function toCleanup(row: CleanupRow): Cleanup {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    state: row.state,
    generations: row.generations,
    pictures: row.pictures,
    bytes: Number(row.bytes),
    heldBack: row.held_back,
    next: row.next_after,
    doneGenerations: row.done_generations,
    donePictures: row.done_pictures,
    passedOver: row.passed_over,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
