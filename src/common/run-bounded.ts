/**
 * Works on all members, at most `concurrency` at once, begun in their order.
 * @returns the results in the order of the members. The first throw of `work` comes out, once what runs has ended.
 */
export async function runBounded<T, R>(
  members: readonly T[],
  concurrency: number,
  work: (member: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = members.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, member] of queue) results[index] = await work(member, index);
  };
  const turns = Array.from({ length: Math.min(concurrency, members.length) }, takeTurns);
  const ended = await Promise.allSettled(turns);
  for (const turn of ended) if (turn.status === 'rejected') throw turn.reason;
  return results;
}
