import type { JsonValue } from '../../common/json-value.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { type JsonRecord, toRecord, toRecords, toText } from './read-json.js';

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface JobOrder<T extends JsonRecord> {
  /** At least one. */
  jobs: readonly T[];
  /** Pictures that the caller asked for. */
  asked: number;
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
  warnings: readonly ProviderWarning[];
}

export function toReference<T extends JsonRecord>(order: JobOrder<T>): JsonValue {
  const warnings = order.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...order, warnings } as unknown as JsonValue;
}

/**
 * Null = not one of ours.
 * @param parseJob null = not one of ours
 */
export function parseReference<T extends JsonRecord>(
  reference: JsonValue,
  parseJob: (job: JsonRecord) => T | null,
): JobOrder<T> | null {
  const order = toRecord(reference);
  const given = toRecords(order?.jobs);
  const jobs = given.map(parseJob).filter((job) => job !== null);
  if (jobs.length === 0 || jobs.length < given.length) return null;
  return {
    jobs,
    asked: typeof order?.asked === 'number' ? order.asked : jobs.length,
    shortfall: toText(order?.shortfall),
    warnings: toRecords(order?.warnings) as unknown as ProviderWarning[],
  };
}
