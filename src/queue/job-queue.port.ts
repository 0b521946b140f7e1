import type { JobName } from './jobs.js';

export interface EnqueueOptions {
  /** Not before this; 0 by default. */
  delayMs?: number;
  /** How often the job may be tried in all; 1 by default. */
  attemptsMax?: number;
  /** Wait before each further attempt; 0 by default. */
  backoffMs?: number;
  /** 1 goes first, then 2…; a job without one comes after those with one. Among equals first come, first served. */
  priority?: number;
}

export interface ProcessOptions {
  /** Jobs of this kind that this process works on at once, ≥ 1. */
  concurrency: number;
}

export type JobHandler = (id: string) => Promise<void>;

/**
 * Wake-ups for work whose truth is a row: a job may be lost (the reconciler enqueues it anew) and may run twice
 * (after a crash or a lost connection), so handlers look at the row first. `REDIS_URL` selects Bull; without it
 * jobs live in the process. Port and injection token.
 */
export abstract class JobQueue {
  /**
   * Adds a job unless one of this kind and id is waiting or running; after that has ended it may be added again.
   * @throws DomainError `request.busy` when the queue is full or its store does not answer in time. The job may
   * have been added nevertheless; the row stays, and the reconciler enqueues it again.
   */
  abstract enqueue(job: JobName, id: string, options?: EnqueueOptions): Promise<void>;

  /** Works on jobs of this kind until `close`; once per kind. A handler that throws failed this attempt. */
  abstract process(job: JobName, handler: JobHandler, options: ProcessOptions): void;

  /** Resolves when the queue's store answers. */
  abstract ping(): Promise<void>;

  /** Jobs that wait, the delayed ones included. */
  abstract depth(): Promise<number>;

  /** Begins no further job and waits for the running ones, for as long as the stop's grace lasts. May be repeated. */
  abstract close(): Promise<void>;
}
