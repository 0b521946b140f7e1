import type { AuditEvent } from './audit-event.js';
import type { AuditFilter } from './audit-filter.js';

/** Reads the audit trail. Port and injection token. */
export abstract class AuditEventsReader {
  /**
   * Newest first.
   * @param after id of the last event of the page before; null for the first page
   * @param limit 1–1,000 events
   */
  abstract list(filter: AuditFilter, after: string | null, limit: number): Promise<AuditEvent[]>;
}
