/**
 * Waits for the first piece, so that what goes wrong before it is thrown here, where another attempt is still possible.
 * What comes back is read once; leaving it early ends the source. (No generator of its own: one less step a piece.)
 */
export async function beginBody(
  source: AsyncGenerator<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  let first: IteratorResult<Uint8Array> | null = await source.next();
  const iterator: AsyncIterator<Uint8Array> = {
    next() {
      if (!first) return source.next();
      const begun = Promise.resolve(first);
      first = null;
      return begun;
    },
    return: () => source.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
