import type { JsonValue } from '../../common/json-value.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageSubmission, ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { mapAbort } from './map-abort.js';

export interface OrderedJobs<T> {
  /** At least one. */
  jobs: T[];
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
}

/** The jobs of a call, and how they are kept. */
export interface JobPlan<T> {
  /** Jobs that the call takes. */
  count: number;
  /** Orders one of them. */
  order(index: number): Promise<T>;
  /** The call's reference: `status` asks after these jobs, and tells who asked for more why they are fewer. */
  toReference(ordered: OrderedJobs<T>): JsonValue;
}

/** What is kept while jobs are still to be ordered says so: nobody orders those of a call that was broken off. */
const BROKEN_OFF = 'The service was stopped before it had ordered the others. Ask for them again.';

/**
 * Orders the jobs of a call as `orderJobs` does, and has the reference to those that the vendor took kept before it
 * orders the next: a crash in between loses none of them.
 * @param provider id, as errors name it
 * @throws as `orderJobs`; what `call.keep` threw, unchanged
 */
export async function submitJobs<T>(
  provider: string,
  call: ImageCall,
  plan: JobPlan<T>,
): Promise<ImageSubmission> {
  const taken: T[] = [];
  const ordered = await orderJobs(provider, call, plan.count, async (index) => {
    if (index > 0) await call.keep?.(plan.toReference({ jobs: [...taken], shortfall: BROKEN_OFF }));
    const job = await plan.order(index);
    taken.push(job);
    return job;
  });
  return { state: 'accepted', reference: plan.toReference(ordered) };
}

/**
 * Orders the jobs of a call with a vendor that answers later, one after the other. When the vendor does not take one,
 * those that it took are kept, and no more are ordered.
 * @param provider id, as errors name it
 * @throws ProviderError when no job was taken or the call was ended from our side; all else that `order` threw, unchanged
 */
export async function orderJobs<T>(
  provider: string,
  call: ImageCall,
  count: number,
  order: (index: number) => Promise<T>,
): Promise<OrderedJobs<T>> {
  const jobs: T[] = [];
  while (jobs.length < count) {
    try {
      jobs.push(await order(jobs.length));
    } catch (error) {
      if (!(error instanceof ProviderError) || jobs.length === 0) throw error;
      // The vendor works on what it took.
      const base = { provider, model: call.model, mayHaveBeenPaid: true };
      if (call.signal.aborted) throw mapAbort(call.signal, base);
      return { jobs, shortfall: error.message };
    }
  }
  return { jobs, shortfall: null };
}

/** Nobody gets fewer pictures without being told why. */
export function listMissing(made: number, asked: number, why: string | null): ProviderWarning[] {
  if (made >= asked) return [];
  const message = `the provider made ${made} of ${asked} pictures. ${why ?? ''}`.trim();
  return [{ code: 'fewer_images', field: 'n', message }];
}
