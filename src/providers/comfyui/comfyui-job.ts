import type { JsonValue } from '../../common/json-value.js';
import { toRecord, toRecords, toText } from '../shared/read-json.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface ComfyuiJob {
  promptId: string;
  /** Whose messages the server's socket sends. */
  clientId: string;
  asked: number;
  /** Of the first picture; null = the workflow has none. */
  seed: number | null;
  /** In which form pictures are fetched, as `webp;80`; null = as they were saved, which is png. */
  preview: string | null;
  warnings: ProviderWarning[];
}

export function toReference(job: ComfyuiJob): JsonValue {
  const warnings = job.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...job, warnings };
}

/** Null = not one of ours. */
export function parseReference(reference: JsonValue): ComfyuiJob | null {
  const job = toRecord(reference);
  const promptId = toText(job?.promptId);
  if (promptId === null) return null;
  return {
    promptId,
    clientId: toText(job?.clientId) ?? promptId,
    asked: typeof job?.asked === 'number' ? job.asked : 1,
    seed: typeof job?.seed === 'number' ? job.seed : null,
    preview: toText(job?.preview),
    warnings: toRecords(job?.warnings) as unknown as ProviderWarning[],
  };
}
