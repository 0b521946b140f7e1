import { listMissing } from '../shared/order-jobs.js';
import { toRecord, toRecords, toText } from '../shared/read-json.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toResult } from '../shared/to-result.js';
import type { JsonValue } from '../../common/json-value.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult, ProviderWarning } from '../spec/image-result.js';
import { ProviderError, type ProviderErrorKind } from '../spec/provider.errors.js';
import type { Prediction } from './replicate-image-api.js';

const STATUS_OK = 200;

/** A prediction that the vendor took, and how many pictures it is to make. */
export type ReplicateJob = { id: string; count: number };

/** All that is needed to ask after a call: its reference, as it is kept in the database. */
export interface ReplicateOrder {
  /** At least one. */
  jobs: ReplicateJob[];
  asked: number;
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
  warnings: ProviderWarning[];
}

export function toReference(order: ReplicateOrder): JsonValue {
  const warnings = order.warnings.map(({ code, field, message }) => ({ code, field, message }));
  return { ...order, warnings };
}

/** Null = not one of ours. */
export function parseReference(reference: JsonValue): ReplicateOrder | null {
  const order = toRecord(reference);
  const jobs = toRecords(order?.jobs).map(({ id, count }) => ({
    id: toText(id) ?? '',
    count: typeof count === 'number' ? count : 1,
  }));
  if (jobs.length === 0 || jobs.some(({ id }) => id === '')) return null;
  return {
    jobs,
    asked: typeof order?.asked === 'number' ? order.asked : jobs.length,
    shortfall: toText(order?.shortfall),
    warnings: toRecords(order?.warnings) as unknown as ProviderWarning[],
  };
}

/** The vendor's words to ours, after all pictures were delivered. A price a picture: its seconds are not told. */
export function mapReplicateImageResult(
  order: ReplicateOrder,
  indexes: readonly number[],
  { answered, requests }: { answered: number; requests: number },
  failure: ProviderError | null,
): ImageResult {
  // The model does not tell its seeds.
  const images = indexes.map((index) => ({ index, revisedPrompt: null, seed: null }));
  const why = failure?.message ?? order.shortfall;
  return toResult(images, {
    answered,
    requests,
    vendorRequestId: toVendorRequestId(order.jobs[0]?.id ?? null),
    warnings: [...order.warnings, ...listMissing(images.length, order.asked, why)],
  });
}

interface Meaning {
  kind: ProviderErrorKind;
  reason: string;
  mayHaveBeenPaid: boolean;
}

/** The vendor has no code for these: it says them in the texts of its models. */
const TEXTS: readonly [form: RegExp, meaning: Meaning][] = [
  [
    /NSFW content|flagged as sensitive|\(E005\)/i,
    { kind: 'refused', reason: 'content_moderated', mayHaveBeenPaid: false },
  ],
  [
    /cannot identify image file/i,
    { kind: 'invalid_request', reason: 'input_unreadable', mayHaveBeenPaid: false },
  ],
];

/** Of a prediction that has ended without a picture. */
export function toJobError(call: ImageStatusCall, prediction: Prediction): ProviderError {
  const { kind, reason, mayHaveBeenPaid } = toMeaning(prediction);
  return new ProviderError(kind, {
    provider: 'replicate',
    model: call.model,
    status: STATUS_OK,
    reason,
    mayHaveBeenPaid,
    vendorRequestId: toVendorRequestId(prediction.id),
    vendorText: removeSecret(`${prediction.state} ${prediction.error}`, call.credential.apiKey),
  });
}

function toMeaning({ state, isRemoved, error }: Prediction): Meaning {
  if (state === 'failed') {
    const known = TEXTS.find(([form]) => form.test(error))?.[1];
    return known ?? { kind: 'failed', reason: 'job_failed', mayHaveBeenPaid: false };
  }
  // Its deadline passed before it began.
  if (state === 'aborted') {
    return { kind: 'failed', reason: 'job_canceled', mayHaveBeenPaid: false };
  }
  if (state === 'canceled')
    return { kind: 'failed', reason: 'job_canceled', mayHaveBeenPaid: true };
  const reason = isRemoved ? 'job_expired' : 'no_picture';
  return { kind: 'failed', reason, mayHaveBeenPaid: true };
}
