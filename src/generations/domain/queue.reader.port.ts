import type { GenerationStatus } from './generation.js';

/** A generation as its row has it now, and its place where it waits. */
export interface QueuePlace {
  id: string;
  status: GenerationStatus;
  /** How many of its space go before it; null = it does not wait. */
  aheadInSpace: number | null;
  /** Its turn among all spaces if each gets as many as it has, 1 = the next; null = it does not wait. */
  position: number | null;
  /** What runs of its space took of late, in milliseconds; null = not known, or it does not wait. */
  runMs: number | null;
}

/** Reads places in the queue, many at once. Port and injection token. */
export abstract class QueueReader {
  /** Those that are there, in no order. */
  abstract list(generationIds: readonly string[]): Promise<QueuePlace[]>;
}
