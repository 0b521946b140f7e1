import { listMissing } from '../shared/order-jobs.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toResult } from '../shared/to-result.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult } from '../spec/image-result.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import type { JobEnd } from './comfyui-image-api.js';
import type { ComfyuiJob } from './comfyui-job.js';

const STATUS_OK = 200;

/** The server's words to ours, after the pictures were delivered. It counts nothing that could be priced. */
export function mapComfyuiImageResult(
  job: ComfyuiJob,
  indexes: readonly number[],
  answered: number,
  failure: ProviderError | null,
): ImageResult {
  // The others of a batch are made with this seed too, but only beside the first.
  const images = indexes.map((index) => ({
    index,
    revisedPrompt: null,
    seed: index === 0 ? job.seed : null,
  }));
  const result = toResult(images, {
    // Those that were made and lost are missing; only those beyond what was asked are too many.
    answered: answered > job.asked ? answered : undefined,
    vendorRequestId: toVendorRequestId(job.promptId),
    warnings: [...job.warnings, ...listMissing(images.length, job.asked, failure?.message ?? null)],
  });
  return { ...result, answeredCount: Math.max(images.length, answered) };
}

/** Of a job that has ended without a picture; null = nobody knows it any more, as after a restart of the server. */
export function toJobError(
  call: ImageStatusCall,
  { promptId }: ComfyuiJob,
  end: JobEnd | null,
): ProviderError {
  const { nodeType = '', exceptionType = '', message = '' } = end?.failure ?? {};
  const base = {
    provider: 'comfyui',
    model: call.model,
    status: STATUS_OK,
    vendorRequestId: toVendorRequestId(promptId),
    vendorText: removeSecret(
      `${nodeType} ${exceptionType} ${message}`.trim(),
      call.credential.apiKey,
    ),
  };
  if (!end) return toFailed(base, { reason: 'job_expired', mayHaveBeenPaid: true });
  // Somebody at the server wanted it to stop.
  if (end.isInterrupted) {
    return toFailed(base, { reason: 'job_canceled', isRetryable: false, canFailOver: false });
  }
  if (!end.failure) return toFailed(base, { reason: 'no_picture', mayHaveBeenPaid: true });
  if (exceptionType.endsWith('UnidentifiedImageError')) {
    return new ProviderError('invalid_request', { ...base, reason: 'input_unreadable' });
  }
  if (exceptionType.endsWith('OutOfMemoryError')) {
    return toFailed(base, { reason: 'out_of_memory', isRetryable: false });
  }
  return toFailed(base, { reason: 'job_failed' });
}

function toFailed(base: ProviderErrorOptions, facts: Partial<ProviderErrorOptions>): ProviderError {
  return new ProviderError('failed', { ...base, ...facts });
}
