import type { ImageCall } from '../spec/image-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { mapAbort } from './map-abort.js';

export interface OrderedJobs<T> {
  /** At least one. */
  jobs: T[];
  /** Why the vendor took fewer, in our own words; null = it took all. */
  shortfall: string | null;
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
