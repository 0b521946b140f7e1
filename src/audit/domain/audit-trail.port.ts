import type { AuditEntry } from './audit-event.js';

/**
 * Writes what is changed with the transaction that changes it: `scope.get(AuditTrail)` in a unit of work. Who,
 * from where and in which request come from the request being served; outside of one the system acted.
 */
export abstract class AuditTrail {
  abstract record(...entries: readonly AuditEntry[]): Promise<void>;
}
