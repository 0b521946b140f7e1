import { listMissing } from '../shared/order-jobs.js';
import { toResult } from '../shared/to-result.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult, ImageUsage } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { toFaultError } from './map-runware-error.js';
import type { RunwareAnswer, RunwareItem } from './runware-image-api.js';
import type { RunwareJob } from './runware-job.js';

const STATUS_OK = 200;

/** A picture that is handed on, at its place among those of the call. */
export interface ShownPicture {
  index: number;
  url: string;
  item: RunwareItem;
}

export interface RunwareEnd {
  /** All that the vendor made. */
  made: readonly RunwareItem[];
  shown: readonly ShownPicture[];
  /** Why there are fewer than were asked for; null = there are not. */
  failure: ProviderError | null;
}

/** @throws ProviderError when nothing can be shown */
export function toEnd(
  call: ImageCall | ImageStatusCall,
  { taskId, asked }: RunwareJob,
  { items, faults }: RunwareAnswer,
): RunwareEnd {
  const made = items.filter(({ url }) => url !== null);
  const shown = made.slice(0, asked).flatMap((item, index): ShownPicture[] => {
    return item.isUnsafe || item.url === null ? [] : [{ index, url: item.url, item }];
  });
  const [fault] = faults;
  const base = { provider: 'runware', model: call.model, vendorRequestId: taskId };
  // The vendor made and counted them all the same.
  const facts = { ...base, status: STATUS_OK, mayHaveBeenPaid: true };
  const unsafe = made.some(({ isUnsafe }) => isUnsafe)
    ? new ProviderError('refused', { ...facts, reason: 'content_moderated' })
    : null;
  const failure = unsafe ?? (fault ? toFaultError(call, fault, taskId) : null);
  if (shown.length > 0) return { made, shown, failure };
  throw failure ?? new ProviderError('failed', { ...facts, reason: 'no_picture' });
}

/** The vendor's words to ours, after all pictures were delivered. */
export function mapRunwareImageResult(
  job: RunwareJob,
  { made, shown, failure }: RunwareEnd,
): ImageResult {
  const images = shown.map(({ index, item }) => ({ index, revisedPrompt: null, seed: item.seed }));
  const missing = listMissing(images.length, job.asked, failure?.message ?? null);
  const result = toResult(images, {
    answered: made.length > job.asked ? made.length : undefined,
    usage: toUsage(made),
    vendorRequestId: job.taskId,
    warnings: [...job.warnings, ...missing],
  });
  return { ...result, answeredCount: Math.max(made.length, images.length) };
}

/** A credit of this vendor is a dollar. Null where one picture did not tell: a part is no sum. */
function toUsage(made: readonly RunwareItem[]): ImageUsage | null {
  const parts = made.map(({ microcredits }) => microcredits);
  if (parts.some((part) => part === null)) return null;
  return {
    inputTokens: 0,
    inputTextTokens: null,
    inputImageTokens: null,
    outputTokens: 0,
    outputImageTokens: null,
    outputTextTokens: null,
    microcredits: parts.reduce<number>((sum, part) => sum + (part ?? 0), 0),
  };
}
