/** A body of one piece. (No generator: for thousands of answers a second its steps are felt.) */
export function oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  let isRead = false;
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    if (isRead) return Promise.resolve({ done: true, value: undefined });
    isRead = true;
    return Promise.resolve({ done: false, value: bytes });
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
