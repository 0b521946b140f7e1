import type { JsonValue } from '../../common/json-value.js';
import { toRecord, toRecords, toText } from '../shared/read-json.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** One picture that the vendor makes later; its seed as it was sent, null = the vendor's choice. */
export type StabilityJob = { id: string; seed: number | null };

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface StabilityOrder {
  /** At least one; fewer than were asked for when the vendor did not take them all. */
  jobs: StabilityJob[];
  asked: number;
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
  warnings: ProviderWarning[];
}

export function toReference(order: StabilityOrder): JsonValue {
  const warnings = order.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...order, warnings };
}

/** Null = not one of ours. */
export function parseReference(reference: JsonValue): StabilityOrder | null {
  const order = toRecord(reference);
  const jobs = toRecords(order?.jobs).map(({ id, seed }) => ({
    id: toText(id) ?? '',
    seed: typeof seed === 'number' ? seed : null,
  }));
  if (jobs.length === 0 || jobs.some(({ id }) => id === '')) return null;
  return {
    jobs,
    asked: typeof order?.asked === 'number' ? order.asked : jobs.length,
    shortfall: toText(order?.shortfall),
    warnings: toRecords(order?.warnings) as unknown as ProviderWarning[],
  };
}
