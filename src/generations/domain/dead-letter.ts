/** A generation that failed for a reason inside the service, until an operator has seen to it. */
export interface DeadLetter {
  id: string;
  generationId: string;
  searchSpaceId: string;
  errorCode: string;
  errorMessage: string;
  /** Calls to vendors that were begun. */
  attempts: number;
  /** Whether a vendor may have had one of them, and may want to be paid for it. */
  mayHaveBeenSent: boolean;
  createdAt: Date;
}

/** Faults that are nobody's but ours: a store, the database, a process that went away. */
const INSIDE: readonly string[] = [
  'internal',
  'generations.interrupted',
  'service.unavailable',
  'billing.unavailable',
];

export function isInside(code: string): boolean {
  return INSIDE.includes(code);
}
