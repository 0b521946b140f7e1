import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';

/** What ended the call from our side: its deadline (a reason named `TimeoutError`), or somebody's wish. */
export function mapAbort(signal: AbortSignal, options: ProviderErrorOptions): ProviderError {
  const reason: unknown = signal.reason;
  const isDeadline = reason instanceof Error && reason.name === 'TimeoutError';
  return new ProviderError(isDeadline ? 'timeout' : 'canceled', { ...options, cause: reason });
}

/** Rejects with the signal's reason as soon as it is aborted; the work itself goes on unseen. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    aborted.catch(() => undefined);
    work.catch(() => undefined);
  }
}
