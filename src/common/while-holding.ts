const held = new Set<AbortSignal>();

/**
 * Keeps a signal of `AbortSignal.timeout` alive while work depends on it by way of `AbortSignal.any`. Node 20 refers to
 * the parts of such a signal weakly: a timeout that nothing else holds is collected, and then never fires.
 */
export async function whileHolding<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  held.add(signal);
  try {
    return await work();
  } finally {
    held.delete(signal);
  }
}
