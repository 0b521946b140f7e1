import type { JobOrder } from '../shared/job-order.js';
import { HELD_BACK, type PlacedPicture, toJobsResult } from '../shared/job-pictures.js';
import { type JsonRecord, toText } from '../shared/read-json.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toCreditUsage } from '../shared/sum-usage.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { LeonardoJobAnswer, LeonardoJobState } from './leonardo-image-api.js';

/** A generation or variation that the vendor took. */
export type LeonardoJob = {
  id: string;
  kind: 'generation' | 'variation';
  /** Pictures that it is to make. */
  count: number;
  microcredits: number | null;
};

export type LeonardoOrder = JobOrder<LeonardoJob>;

const STATUS_OK = 200;

/** Null = not one of ours. */
export function parseJob({ id, kind, count, microcredits }: JsonRecord): LeonardoJob | null {
  const name = toText(id);
  if (name === null || typeof count !== 'number') return null;
  return {
    id: name,
    kind: kind === 'variation' ? 'variation' : 'generation',
    count,
    microcredits: typeof microcredits === 'number' ? microcredits : null,
  };
}

/** A job that has ended. */
export type EndedJob = LeonardoJob & LeonardoJobAnswer;

/** The vendor's words to ours, after all pictures were delivered. */
export function mapLeonardoImageResult(
  order: LeonardoOrder,
  ended: readonly EndedJob[],
  delivered: readonly PlacedPicture[],
  failure: ProviderError | null,
): ImageResult {
  const images = delivered.map(({ index, job }) => {
    const { count, seed } = ended[job] as EndedJob;
    // How the others of a generation differ is the vendor's own.
    return { index, revisedPrompt: null, seed: count === 1 ? seed : null };
  });
  const made = ended.filter(({ pictures }) => pictures.length > 0);
  const hasUnsafe = made.some(({ pictures }) => pictures.some(({ isUnsafe }) => isUnsafe));
  return toJobsResult(images, ended, {
    asked: order.asked,
    why: failure?.message ?? (hasUnsafe ? HELD_BACK : order.shortfall),
    usage: toCreditUsage(made.map(({ microcredits }) => microcredits)),
    vendorRequestId: toVendorRequestId(made[0]?.id ?? null),
    warnings: order.warnings,
  });
}

/** Of jobs that have ended without a picture. What became of one that is not found, nobody knows. */
const MEANINGS: Readonly<Record<LeonardoJobState, { reason: string; mayHaveBeenPaid: boolean }>> = {
  failed: { reason: 'job_failed', mayHaveBeenPaid: false },
  gone: { reason: 'job_expired', mayHaveBeenPaid: true },
  complete: { reason: 'no_picture', mayHaveBeenPaid: true },
  pending: { reason: 'no_picture', mayHaveBeenPaid: true },
};

export function toJobError({ model }: ImageStatusCall, { id, state }: EndedJob): ProviderError {
  const facts = { provider: 'leonardo', model, status: STATUS_OK };
  const vendorRequestId = toVendorRequestId(id);
  return new ProviderError('failed', { ...facts, ...MEANINGS[state], vendorRequestId });
}
