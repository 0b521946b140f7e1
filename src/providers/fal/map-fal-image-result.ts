import type { JobOrder } from '../shared/job-order.js';
import { HELD_BACK, type PlacedPicture, toJobsResult } from '../shared/job-pictures.js';
import { type JsonRecord, toText } from '../shared/read-json.js';
import { toShownText, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { FalResult } from './fal-image-api.js';

/** A request that the vendor took. */
export type FalJob = {
  id: string;
  statusUrl: string;
  responseUrl: string;
  /** Null = it cannot be stopped. */
  cancelUrl: string | null;
  /** Pictures that it is to make. */
  count: number;
  /** Whether the vendor may write the prompt anew. */
  isPromptRevised: boolean;
};

export type FalOrder = JobOrder<FalJob>;

const STATUS_OK = 200;

/** Null = not one of ours. */
export function parseJob(job: JsonRecord): FalJob | null {
  const [id, statusUrl, responseUrl] = [job.id, job.statusUrl, job.responseUrl].map(toText);
  if (!id || !statusUrl || !responseUrl || typeof job.count !== 'number') return null;
  return {
    id,
    statusUrl,
    responseUrl,
    cancelUrl: toText(job.cancelUrl),
    count: job.count,
    isPromptRevised: job.isPromptRevised === true,
  };
}

/** A request that has ended; `failure` when it made nothing. */
export type EndedJob = FalJob & FalResult & { failure: ProviderError | null };

/** The vendor's words to ours, after all pictures were delivered. It does not tell what they cost. */
export function mapFalImageResult(
  order: FalOrder,
  ended: readonly EndedJob[],
  delivered: readonly PlacedPicture[],
): ImageResult {
  const images = delivered.map(({ index, job }) => {
    const { count, seed, prompt, isPromptRevised } = ended[job] as EndedJob;
    return {
      index,
      revisedPrompt: isPromptRevised ? toShownText(prompt) : null,
      // How the others of a request differ is the model's own.
      seed: count === 1 ? seed : null,
    };
  });
  const failure = ended.find((job) => job.failure !== null)?.failure ?? null;
  const hasUnsafe = ended.some(({ pictures }) => pictures.some(({ isUnsafe }) => isUnsafe));
  return toJobsResult(images, ended, {
    asked: order.asked,
    why: failure?.message ?? (hasUnsafe ? HELD_BACK : order.shortfall),
    usage: null,
    vendorRequestId: toVendorRequestId(ended[delivered[0]?.job ?? 0]?.id ?? null),
    warnings: order.warnings,
  });
}

/** Of a request that has ended well and made nothing. */
export function toNoPicture({ model }: ImageStatusCall, { id }: FalJob): ProviderError {
  const base = { provider: 'fal', model, status: STATUS_OK, mayHaveBeenPaid: true };
  const vendorRequestId = toVendorRequestId(id);
  return new ProviderError('failed', { ...base, reason: 'no_picture', vendorRequestId });
}
