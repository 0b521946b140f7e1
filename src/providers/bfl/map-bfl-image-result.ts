import { listMissing } from '../shared/order-jobs.js';
import { removeSecret, toShownText, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toCreditUsage } from '../shared/sum-usage.js';
import { toResult } from '../shared/to-result.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult } from '../spec/image-result.js';
import { ProviderError, type ProviderErrorKind } from '../spec/provider.errors.js';
import type { BflJobAnswer, BflJobState } from './bfl-image-api.js';
import type { BflJob, BflOrder } from './bfl-order.js';

const STATUS_OK = 200;

/** A job that has ended, at its place among the pictures of the call. */
export interface EndedJob {
  index: number;
  job: BflJob;
  answer: BflJobAnswer;
}

/** A job that has ended with its picture. */
export type ReadyJob = EndedJob & { answer: { sample: string } };

export function isReady(ended: EndedJob): ended is ReadyJob {
  return ended.answer.state === 'ready' && ended.answer.sample !== null;
}

/** The vendor's words to ours, after all pictures were delivered. */
export function mapBflImageResult(
  order: BflOrder,
  ready: readonly ReadyJob[],
  failure: ProviderError | null,
): ImageResult {
  const images = ready.map(({ index, answer }) => ({
    index,
    revisedPrompt: order.isPromptRevised ? toShownText(answer.prompt) : null,
    seed: answer.seed,
  }));
  return toResult(images, {
    requests: images.length,
    usage: toCreditUsage(ready.map(({ job }) => job.microcredits)),
    vendorRequestId: toVendorRequestId(ready[0]?.job.id ?? null),
    warnings: [
      ...order.warnings,
      ...listMissing(ready.length, order.asked, failure?.message ?? order.shortfall),
    ],
  });
}

interface Meaning {
  kind: ProviderErrorKind;
  reason: string;
  mayHaveBeenPaid: boolean;
}

/** Of a job that has ended without a picture. What became of one that is not found, nobody knows. */
const MEANINGS: Readonly<Record<BflJobState, Meaning>> = {
  refused: { kind: 'refused', reason: 'content_moderated', mayHaveBeenPaid: false },
  failed: { kind: 'failed', reason: 'job_failed', mayHaveBeenPaid: false },
  gone: { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true },
  ready: { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true },
  pending: { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true },
};

export function toJobError(call: ImageStatusCall, { job, answer }: EndedJob): ProviderError {
  const { kind, reason, mayHaveBeenPaid } = MEANINGS[answer.state];
  return new ProviderError(kind, {
    provider: 'bfl',
    model: call.model,
    status: STATUS_OK,
    reason,
    mayHaveBeenPaid,
    vendorRequestId: toVendorRequestId(job.id),
    vendorText: removeSecret(`${answer.status} ${answer.details}`, call.credential.apiKey),
  });
}
