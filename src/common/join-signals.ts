/**
 * Does work under one signal that fires with the first of several, for its reason, and lets go of all at the end.
 * In place of `AbortSignal.any`. Node 20 refers to the parts of such a signal weakly: a timeout that nothing else holds
 * is collected and never fires. And it keeps the signal for good once somebody has left a listener on it, as the OpenAI
 * SDK does at each call.
 */
export async function joinSignals<T>(
  parts: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const joined = new AbortController();
  const listeners = parts.map((part) => {
    const onAbort = () => joined.abort(part.reason);
    if (part.aborted) onAbort();
    else part.addEventListener('abort', onAbort, { once: true });
    return () => part.removeEventListener('abort', onAbort);
  });
  try {
    return await work(joined.signal);
  } finally {
    for (const remove of listeners) remove();
  }
}
