import { toRecord, toRecords, toText } from '../shared/read-json.js';
import type { JsonValue } from '../../common/json-value.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** One picture that the vendor was asked for. */
export type BflJob = { id: string; url: string; microcredits: number | null };

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface BflOrder {
  /** At least one; fewer than were asked for when the vendor did not take them all. */
  jobs: BflJob[];
  asked: number;
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
  /** Whether the vendor may write the prompt anew. */
  isPromptRevised: boolean;
  warnings: ProviderWarning[];
}

export function toReference(order: BflOrder): JsonValue {
  const warnings = order.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...order, warnings };
}

/** Null = not one of ours. */
export function parseReference(reference: JsonValue): BflOrder | null {
  const order = toRecord(reference);
  const jobs = toRecords(order?.jobs).map(({ id, url, microcredits }) => ({
    id: toText(id) ?? '',
    url: toText(url) ?? '',
    microcredits: typeof microcredits === 'number' ? microcredits : null,
  }));
  if (jobs.length === 0 || jobs.some(({ url }) => url === '')) return null;
  return {
    jobs,
    asked: typeof order?.asked === 'number' ? order.asked : jobs.length,
    shortfall: toText(order?.shortfall),
    isPromptRevised: order?.isPromptRevised === true,
    warnings: toRecords(order?.warnings) as unknown as ProviderWarning[],
  };
}
