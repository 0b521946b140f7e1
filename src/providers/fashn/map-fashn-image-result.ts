import type { JobOrder } from '../shared/job-order.js';
import { type PictureJob, toJobsResult } from '../shared/job-pictures.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ImageResult } from '../spec/image-result.js';
import type { FashnJob } from './fashn-image-api.js';

/** The vendor's words to ours, after all pictures were delivered. It tells neither seed nor cost. */
export function mapFashnImageResult(
  order: JobOrder<FashnJob>,
  job: PictureJob & Pick<FashnJob, 'id'>,
  delivered: readonly { index: number }[],
): ImageResult {
  const images = delivered.map(({ index }) => ({ index, revisedPrompt: null, seed: null }));
  return toJobsResult(images, [job], {
    asked: order.asked,
    why: order.shortfall,
    usage: null,
    vendorRequestId: toVendorRequestId(job.id),
    warnings: order.warnings,
  });
}
