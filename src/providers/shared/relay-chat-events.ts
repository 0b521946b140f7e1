import type { Readable } from 'node:stream';
import type { ChatEventRelay } from './chat-event-relay.js';

/** Time in which the end of an answer must follow its `[DONE]`; then its connection is given up. */
const END_WAIT_MS = 1_000;

/**
 * A vendor's event stream as it is handed on. After `[DONE]` the reader is let go at once; the end of the answer, which
 * follows within the same moment, is awaited aside, so that the connection can be used again.
 * @throws VendorFault, MalformedAnswerError, or what the connection threw
 */
export async function* relayChatEvents(
  content: Readable,
  relay: ChatEventRelay,
): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  try {
    for await (const part of content.iterator({ destroyOnReturn: false })) {
      const bytes = relay.push(part as Buffer);
      if (bytes) yield bytes;
      if (relay.fault) throw relay.fault;
      if (!relay.isDone) continue;
      isWhole = true;
      return;
    }
    const bytes = relay.end();
    if (bytes) yield bytes;
    if (relay.fault) throw relay.fault;
    isWhole = true;
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
