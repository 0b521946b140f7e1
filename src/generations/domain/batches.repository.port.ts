import type { Batch } from './batch.js';

/** The rows of batches. Port and injection token. */
export abstract class BatchesRepository {
  /**
   * Keeps a batch, unless there is one of the same caller and key that is younger than `keyTtlS`.
   * @returns that one; null = this one was kept.
   */
  abstract claim(batch: Batch, keyTtlS: number): Promise<Batch | null>;

  abstract find(id: string): Promise<Batch | null>;

  /** What became of the requests, once all of them were admitted or refused. */
  abstract close(batch: Batch): Promise<void>;

  /** Drops a batch of which nothing was admitted. */
  abstract remove(id: string): Promise<void>;

  /**
   * Drops batches older than `olderThanS` of which no generation is left, among the `most` that follow the given id.
   * @param after null = from the oldest on
   * @returns the last id looked at; null = the end was reached
   */
  abstract forget(after: string | null, olderThanS: number, most: number): Promise<string | null>;
}
