import type { Readable } from 'node:stream';

/** What looks at events on their way. */
interface EventRelay {
  readonly fault: Error | null;
  readonly isDone: boolean;
  push(part: Buffer): Buffer | null;
  end(): Buffer | null;
}

/** Time in which the end of an answer must follow its `[DONE]`; then its connection is given up. */
const END_WAIT_MS = 1_000;

/**
 * A vendor's event stream as it is handed on. After `[DONE]` the reader is let go at once; the end of the answer, which
 * follows within the same moment, is awaited aside, so that the connection can be used again.
 * @param toError what is to be thrown in place of VendorFault, MalformedAnswerError or what the connection threw, told
 *   whether a part was taken. (In here, for a generator around this one would be a further step for each piece.)
 */
export async function* relayChatEvents(
  content: Readable,
  relay: EventRelay,
  toError: (error: unknown, hasBegun: boolean) => unknown,
): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  let hasBegun = false;
  try {
    for await (const part of content.iterator({ destroyOnReturn: false })) {
      const bytes = relay.push(part as Buffer);
      if (bytes) {
        yield bytes;
        hasBegun = true;
      }
      if (relay.fault) throw relay.fault;
      if (!relay.isDone) continue;
      isWhole = true;
      return;
    }
    const bytes = relay.end();
    if (bytes) {
      yield bytes;
      hasBegun = true;
    }
    if (relay.fault) throw relay.fault;
    isWhole = true;
  } catch (error) {
    throw toError(error, hasBegun);
  } finally {
    if (isWhole) awaitEnd(content);
    else leave(content);
  }
}

/** Lets an answer of which nothing more is wanted end, so that its connection can be used again. */
export function awaitEnd(content: Readable): void {
  if (content.readableEnded || content.destroyed) return;
  content.on('error', () => undefined);
  const timer = setTimeout(() => content.destroy(), END_WAIT_MS);
  timer.unref();
  content.once('close', () => clearTimeout(timer));
  content.resume();
}

function leave(content: Readable): void {
  content.on('error', () => undefined);
  content.destroy();
}
