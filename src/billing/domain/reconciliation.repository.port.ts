import type { Resolution } from './reconciliation.js';

/** The list inside a unit of work: `scope.get(ReconciliationRepository)`. */
export abstract class ReconciliationRepository {
  /** Marks an open item; false = it is not open, or not there. */
  abstract resolve(resolution: Resolution): Promise<boolean>;
}
