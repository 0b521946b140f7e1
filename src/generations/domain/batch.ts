/** Requests for pictures that came together, each a generation of its own. */
export interface Batch {
  id: string;
  searchSpaceId: string;
  createdBy: string;
  /** In the order of the requests: the id that each generation has, or was to have. */
  generationIds: readonly string[];
  /** In the same order: why a request became no generation; null = it became one, or is still to be admitted. */
  faults: readonly (BatchFault | null)[];
  /** Who repeats it, and under which key; null = no key. */
  callerId: string;
  key: string | null;
  fingerprint: string;
  createdAt: Date;
  /** When the last of its requests was admitted or refused; null = not yet. */
  closedAt: Date | null;
}

/** What refused one request of a batch. */
export interface BatchFault {
  code: string;
  message: string;
  /** HTTP status that the request would have had alone. */
  status: number;
  retryAfterS?: number;
}
