import { createHash } from 'node:crypto';
import { v4 } from 'uuid';
import type { JsonValue } from '../../common/json-value.js';
import { toRecord, toRecords, toText } from '../shared/read-json.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface RunwareJob {
  taskId: string;
  asked: number;
  warnings: ProviderWarning[];
}

const UUID_BYTES = 16;

/**
 * A task's id, in the form of the random ones that the vendor asks for, but always the same for the same attempt: an
 * order whose answer was lost is found by it.
 * @param part of the attempt, as `order`
 */
export function toTaskId(attemptId: string, part: string): string {
  const digest = createHash('sha256').update(`${attemptId}/${part}`).digest();
  return v4({ random: digest.subarray(0, UUID_BYTES) });
}

export function toReference(job: RunwareJob): JsonValue {
  const warnings = job.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...job, warnings };
}

/** Null = not one of ours. */
export function parseReference(reference: JsonValue): RunwareJob | null {
  const job = toRecord(reference);
  const taskId = toText(job?.taskId);
  if (taskId === null) return null;
  return {
    taskId,
    asked: typeof job?.asked === 'number' ? job.asked : 1,
    warnings: toRecords(job?.warnings) as unknown as ProviderWarning[],
  };
}
